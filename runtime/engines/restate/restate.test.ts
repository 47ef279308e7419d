/** What the engine refuses, without any server. */
import { expect, test } from "vitest";
import { Backstitch } from "../../client.ts";
import { $ } from "../../internal.ts";
import { CODE_FORMAT } from "../../manifest.ts";
import { memoryStore } from "../../stores/memory.ts";
import type { Handler } from "../../types.ts";
import { restate } from "./index.ts";
import { mailboxKey, serviceName } from "./names.ts";

/** Nothing listens at port 1. */
const address = { ingress: "http://127.0.0.1:1", admin: "http://127.0.0.1:1" };
const handler = $.durable(
  { code: "f", hash: "", format: CODE_FORMAT, labels: {} },
  async () => undefined,
) as unknown as Handler;
const isOld = !("withResolvers" in Promise);

function clientOf(options: object = {}): Backstitch {
  const client = new Backstitch({ id: "app", engine: restate({ ...address, port: 0 }), ...options });
  client.createFunction({ id: "f" }, { event: "go" }, handler);
  return client;
}

test.runIf(isOld)("a worker refuses to start on Node 20, where the SDK would fail each call", async () => {
  const worker = clientOf().worker();
  await expect(worker.start()).rejects.toMatchObject({ code: "BS2132" });
  await expect(worker.start()).rejects.toThrow(/Node 20.*Start workers of this engine on Node 22 or later/);
});

test.skipIf(isOld)("a worker says where no server answers, and listens no longer", async () => {
  const worker = clientOf().worker();
  await expect(worker.start()).rejects.toMatchObject({ code: "BS2131" });
  await expect(worker.start()).rejects.toThrow(/http:\/\/127\.0\.0\.1:1\/deployments does not answer/);
  await worker.stop();
});

test("a client says where no server answers", async () => {
  await expect(clientOf().send({ name: "go" })).rejects.toMatchObject({ code: "BS2131" });
});

test("what the engine does not have is refused when it is asked for", () => {
  const limit = { limit: 1, scope: "account", key: "event.data.user" } as const;
  const register = () => clientOf().createFunction({ id: "g", concurrency: limit }, { event: "go" }, handler);
  expect(register).toThrow(expect.objectContaining({ code: "BS2130" }));
  expect(() => clientOf({ keep: { count: 1 } })).toThrow(expect.objectContaining({ code: "BS2130" }));
  expect(() => clientOf({ store: memoryStore() })).toThrow(/both `store` and `engine`/);
  expect(() => clientOf({ engine: {} })).toThrow(/is no engine/);
});

test.each([
  [{ ...address, ingress: "127.0.0.1:8080" }, /`ingress` of restate\(\)/],
  [{ ...address, admin: undefined }, /`admin` of restate\(\) is missing/],
  [{ ...address, port: 70_000 }, /`port` of restate\(\)/],
  [{ ...address, stepsPerInvocation: 0 }, /`stepsPerInvocation` of restate\(\)/],
  [{ ...address, cluster: true }, /no option `cluster`/],
])("wrong options are named: %j", (options, message) => {
  expect(() => restate(options as never)).toThrow(message);
});

test("services of apps have names that Restate takes, and no two have the same", () => {
  expect(serviceName("shop", "run")).toBe("shop.run");
  const apps = ["my shop", "my_shop", "my_20_shop", "7up", "ü", "-a", "_a"];
  const names = apps.map((app) => serviceName(app, "run"));
  expect(new Set(names).size).toBe(apps.length);
  for (const name of names) expect(name).toMatch(/^([a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9._-]*$/);
  expect(mailboxKey("a", { path: "b", value: "c" })).not.toBe(mailboxKey("a"));
});
