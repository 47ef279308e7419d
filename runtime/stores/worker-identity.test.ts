import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { isKnownDead, newWorkerIdentity } from "./worker-identity.ts";

/** The pid of a process that has ended. */
async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

it("makes identities that are unique and name host and process", () => {
  const [a, b] = [newWorkerIdentity(), newWorkerIdentity()];
  expect(a).not.toBe(b);
  expect(a.startsWith(`${hostname()}:${process.pid}:`)).toBe(true);
});

it("knows a worker dead when its process on this host is gone", async () => {
  expect(isKnownDead(`${hostname()}:${await pidOfTheDead()}:x`)).toBe(true);
  expect(isKnownDead(newWorkerIdentity())).toBe(false);
});

it("knows nothing of other hosts, and of identities of another form", async () => {
  const pid = await pidOfTheDead();
  const identities = [
    `not-${hostname()}:${pid}:x`,
    `${hostname()}:${pid}`,
    `${hostname()}:${pid}:x:y`,
    `${hostname()}:0:x`,
    `${hostname()}:-1:x`,
    `${hostname()}::x`,
    `${hostname()}:abc:x`,
    "worker-1",
    "",
  ];
  expect(identities.filter(isKnownDead)).toEqual([]);
});
