import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, expect, test } from "vitest";
import { Backstitch } from "../client.ts";
import type { RunnableFunction } from "../engine/contract.ts";
import { memoryHost, newClaim } from "../engine/testing-support.ts";
import { NonRetriableError } from "../errors.ts";
import { memoryStore } from "../stores/memory.ts";
import { createTestRuntime, type TestRunOptions } from "../testing/index.ts";
import type { Handler } from "../types.ts";
import { driveRun } from "./drive.ts";
import type { Middleware } from "./middleware.ts";
import { watched } from "./watched.emitted.ts";

const clients: Backstitch[] = [];
const logger = { debug() {}, info() {}, warn() {}, error() {} };
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** An instance cannot be stored. Instances of any class of that kind are made for each activation. */
class Database {
  readonly #open = true;
  get isOpen(): boolean {
    return this.#open;
  }
  double(n: number): number {
    return 2 * n;
  }
}

const withDatabase: Middleware = { name: "db", transformContext: () => ({ db: new Database(), tenant: "acme" }) };

function functionWith(middleware: readonly Middleware[], retries = 2): RunnableFunction {
  return { id: "watched", retries, handler: watched, middleware };
}

const event = { name: "go", data: { n: 1 } };
const realSteps: TestRunOptions = { steps: (_, real) => real() };
const inEveryMode = test.each(["never", "every-park"] as const);

inEveryMode("hooks nest, the first outermost; reload: %s", async (reload) => {
  const log: string[] = [];
  const noting = (name: string): Middleware => ({
    name,
    onRunStart: ({ run }) => void log.push(`${name} start ${run.functionId} ${run.event.data.n}`),
    onRunEnd: ({ end }) => void log.push(`${name} end ${end.status} ${JSON.stringify(end.output)}`),
    async wrapFunction({ resumed }, next) {
      log.push(`${name} enter ${resumed}`);
      log.push(`${name} leave ${await next()}`);
    },
    transformStepInput({ step }) {
      log.push(`${name} input ${step.id}`);
      return step.input;
    },
    async wrapStep({ step }, next) {
      log.push(`${name} before ${step.op} ${step.kind} ${step.id} ${step.attempt} ${step.input}`);
      const output = await next();
      log.push(`${name} after ${output}`);
      return output;
    },
    transformStepOutput({ step, output }) {
      log.push(`${name} output ${step.id}`);
      return output;
    },
  });
  const fn = functionWith([noting("a"), noting("b"), withDatabase]);
  const { status, output } = await createTestRuntime({ reload }).run(fn, event, realSteps);
  expect([status, output]).toEqual(["completed", { first: 2, second: 4, tenant: "acme", open: true }]);
  const around = (op: number, id: string, given: number) => [
    `a input ${id}`,
    `a before ${op} step ${id} 0 ${given}`,
    `b input ${id}`,
    `b before ${op} step ${id} 0 ${given}`,
    `b after ${2 * given}`,
    `b output ${id}`,
    `a after ${2 * given}`,
    `a output ${id}`,
  ];
  const end = 'completed {"first":2,"second":4,"tenant":"acme","open":true}';
  expect(log).toEqual([
    ...["a enter false", "b enter false", "a start watched 1", "b start watched 1"],
    ...around(1, "first", 1),
    ...around(3, "second", 2),
    ...[`b end ${end}`, `a end ${end}`, "b leave ended", "a leave ended"],
  ]);
});

inEveryMode("what a step is given and what is stored of it are the transformed values; reload: %s", async (reload) => {
  const seen: unknown[] = [];
  const transforms: Middleware[] = [
    {
      name: "outer",
      transformStepInput: ({ step }) => step.input.map((n) => (n as number) + 1),
      transformStepOutput: async ({ output }) => (output as number) + 1000,
    },
    {
      name: "inner",
      transformStepInput: async ({ step }) => step.input.map((n) => (n as number) * 10),
      wrapStep: async ({ step }, next) => {
        seen.push(step.input);
        return ((await next()) as number) + 100;
      },
    },
    withDatabase,
  ];
  const { output, trace } = await createTestRuntime({ reload }).run(functionWith(transforms), event, realSteps);
  expect(seen).toEqual([[20], [11410]]);
  expect(output).toMatchObject({ first: 1140, second: 23920 });
  expect(trace.map(({ outcome }) => ("ok" in outcome ? outcome.ok : outcome.error))).toEqual([1140, undefined, 23920]);
});

inEveryMode("what a hook around a step throws fails the attempt, and can be caught; reload: %s", async (reload) => {
  let calls = 0;
  const failing: Middleware = {
    name: "failing",
    wrapStep: async ({ step }, next) => {
      const output = await next();
      if (step.id === "second") throw new Error(`refused ${++calls}`);
      return output;
    },
  };
  const { status, output, trace } = await createTestRuntime({ reload }).run(
    functionWith([failing, withDatabase]),
    event,
    realSteps,
  );
  expect([status, output]).toEqual(["completed", expect.objectContaining({ second: "refused 3" })]);
  expect(trace.map(({ id, attempt }) => `${id} ${attempt}`)).toEqual([
    "first 0",
    "pause 0",
    "second 0",
    "second 1",
    "second 2",
  ]);
});

test("a transform that gives no list, and an output that cannot be stored, fail the step", async () => {
  const noList: Middleware = { name: "no list", transformStepInput: () => "text" as unknown as unknown[] };
  const run = await createTestRuntime().run(functionWith([noList, withDatabase], 0), event, realSteps);
  expect(String(run.error)).toMatch(/transformStepInput of the middleware "no list" gave no list of arguments/);
  const socket: Middleware = { name: "socket", transformStepOutput: () => new Database() };
  const other = await createTestRuntime().run(functionWith([socket, withDatabase]), event, realSteps);
  expect(String(other.error)).toMatch(/Database/);
  expect(other.trace).toHaveLength(1);
});

test("a hook that fails before any code of the run counts as an attempt of its code", async () => {
  const log: string[] = [];
  const failing = (hook: "onRunStart" | "wrapFunction" | "transformContext", times: number): Middleware => {
    let left = times;
    return {
      name: hook,
      [hook](_: unknown, next?: () => Promise<unknown>) {
        log.push(hook);
        if (left-- > 0) throw new Error("no database yet");
        return next?.();
      },
    };
  };
  for (const hook of ["onRunStart", "wrapFunction", "transformContext"] as const) {
    log.length = 0;
    const { status } = await createTestRuntime().run(functionWith([failing(hook, 2), withDatabase]), event, realSteps);
    expect([status, log]).toEqual(["completed", [hook, hook, hook]]);
  }
});

test("one that goes on failing, or says not to retry, fails the run", async () => {
  const ends: unknown[] = [];
  const failing = (error: Error): Middleware => ({
    name: "failing",
    onRunEnd: ({ end }) => void ends.push([end.status, (end.error as Error).message]),
    wrapFunction: () => Promise.reject(error),
  });
  const first = await createTestRuntime().run(functionWith([failing(new Error("down"))]), event, realSteps);
  expect([first.status, String(first.error), first.trace]).toEqual(["failed", "Error: down", []]);
  const second = await createTestRuntime().run(functionWith([failing(new NonRetriableError("no"))]), event, realSteps);
  expect([second.status, String(second.error)]).toEqual(["failed", "NonRetriableError: no"]);
  expect(ends).toEqual([
    ["failed", "down"],
    ["failed", "no"],
  ]);
  const forgetful: Middleware = { name: "forgetful", wrapFunction: async () => {} };
  const third = await createTestRuntime().run(functionWith([forgetful], 0), event, realSteps);
  expect(String(third.error)).toMatch(/did not call `next`/);
});

test("what hooks throw when the run has ended is logged and changes nothing", async () => {
  const errors: unknown[] = [];
  const noting = { ...logger, error: (...args: unknown[]) => void errors.push(args) };
  const late: Middleware = {
    name: "late",
    onRunEnd: () => Promise.reject(new Error("at the end")),
    async wrapFunction(_, next) {
      await next();
      throw new Error("after next");
    },
  };
  const run = await createTestRuntime({ logger: noting }).run(functionWith([late, withDatabase]), event, realSteps);
  expect(run.status).toBe("completed");
  expect(errors).toEqual([
    [{ err: new Error("at the end") }, expect.stringContaining('onRunEnd of the middleware "late" threw')],
    [{ err: new Error("after next") }, expect.stringContaining("a `wrapFunction` threw")],
  ]);
});

test("what the engine itself rejects with is no failure of a hook, also when one swallows it", async () => {
  let drives = 0;
  const swallowing: Middleware = {
    name: "swallowing",
    wrapFunction: async (_, next) => {
      drives++;
      await next().catch(() => {});
    },
  };
  const host = memoryHost(() => {
    throw new Error("the store refuses");
  });
  await expect(driveRun(newClaim({ n: 1 }), functionWith([swallowing, withDatabase]), host)).rejects.toThrow("refuses");
  expect(drives).toBe(1);
});

test("a property that the context has already is refused", async () => {
  for (const key of ["step", "db"]) {
    const taking: Middleware = { name: "taking", transformContext: () => ({ [key]: 1 }) };
    const run = await createTestRuntime().run(functionWith([withDatabase, taking], 0), event, realSteps);
    expect(String(run.error)).toContain(`"taking" gave \`${key}\`, which the context has already`);
  }
});

inEveryMode("a proxy may be added to the context, and no trap of it runs; reload: %s", async (reload) => {
  const traps: string[] = [];
  const target = { double: (n: number) => 3 * n, isOpen: true };
  const db = new Proxy(target, {
    get: (from, key) => {
      traps.push(String(key));
      return from[key as keyof typeof from];
    },
    getPrototypeOf: () => {
      throw new Error("a trap ran");
    },
  });
  const proxied: Middleware = { name: "proxied", transformContext: () => ({ db }) };
  const { output } = await createTestRuntime({ reload }).run(functionWith([proxied]), event, realSteps);
  expect(output).toMatchObject({ first: 3, second: 9, open: true });
  expect(traps).toEqual(["double", "double", "isOpen"]);
});

test("steps run within `next` of wrapFunction", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const scoped: Middleware = {
    name: "scoped",
    wrapFunction: ({ run }, next) => storage.run(run.functionId, next),
    wrapStep: (_, next) => {
      seen.push(storage.getStore());
      return next();
    },
  };
  await createTestRuntime({ reload: "every-park" }).run(functionWith([scoped, withDatabase]), event, realSteps);
  expect(seen).toEqual(["watched", "watched"]);
});

function clientWith(middleware: readonly Middleware[]): Backstitch {
  const client = new Backstitch({ id: "app", store: memoryStore(), middleware, logger });
  clients.push(client);
  return client;
}

test("a client's middleware is outside a function's, and a run resumes with both", async () => {
  const log: string[] = [];
  const noting = (name: string): Middleware => ({
    name,
    wrapFunction: async ({ resumed }, next) => void log.push(`${name} ${resumed} ${await next()}`),
  });
  const client = clientWith([noting("outer"), withDatabase]);
  client.createFunction({ id: "f", middleware: [noting("inner")] }, { event: "go" }, watched as Handler);
  await client.worker({ pollMs: 5 }).start();
  await client.send(event);
  let run = (await client.runs.list())[0];
  while (run?.status !== "completed") {
    run = (await client.runs.list())[0];
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(run.output).toEqual({ first: 2, second: 4, tenant: "acme", open: true });
  while (log.length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(log).toEqual(["inner false released", "outer false released", "inner true ended", "outer true ended"]);
});

test("events go through transformSend and wrapSend", async () => {
  const log: unknown[] = [];
  const store = memoryStore();
  const client = new Backstitch({
    id: "app",
    store,
    middleware: [
      {
        name: "stamp",
        transformSend: async ({ events }) => events.map((one) => ({ ...one, data: { ...one.data, stamped: true } })),
        wrapSend: async ({ events }, next) => {
          log.push(events.map(({ data }) => data));
          return { ids: [...(await next()).ids, "extra"] };
        },
      },
      { name: "copy", transformSend: ({ events }) => [...events, ...events] },
    ],
  });
  clients.push(client);
  const { ids } = await client.send({ name: "go", data: { n: 1 } });
  expect(ids).toHaveLength(3);
  expect(log).toEqual([[{ n: 1, stamped: true }]]);
  expect(await store.unroutedEvents("app", 9)).toMatchObject([{ name: "go" }, { name: "go" }]);
  const refusing = clientWith([{ name: "no", wrapSend: () => Promise.reject(new Error("refused")) }]);
  await expect(refusing.send({ name: "go" })).rejects.toThrow("refused");
});

test.each<[unknown, RegExp]>([
  [{}, /`middleware` of new Backstitch\(\) is no list/],
  [[null], /a middleware of new Backstitch\(\) needs an object of options/],
  [[{ onRunEnd() {} }], /`name` of a middleware of new Backstitch\(\) is missing/],
  [[{ name: "a", onRunStop() {} }], /a middleware of new Backstitch\(\) has no option `onRunStop`/],
  [[{ name: "a", wrapStep: 1 }], /`wrapStep` of the middleware "a" of new Backstitch\(\) is no function/],
])("a middleware that is none is refused: %#", (given, message) => {
  expect(() => clientWith(given as Middleware[])).toThrow(message);
});

test("an instance of a class may be a middleware", async () => {
  class Counting implements Middleware {
    readonly name = "counting";
    count = 0;
    wrapStep(_: unknown, next: () => Promise<unknown>) {
      this.count++;
      return next();
    }
  }
  const counting = new Counting();
  clientWith([counting]);
  await createTestRuntime().run(functionWith([counting, withDatabase]), event, realSteps);
  expect(counting.count).toBe(2);
});
