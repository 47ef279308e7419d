import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { Logger, RunnableFunction } from "./engine/contract.ts";
import { boundLogger, consoleLogger, shieldedLogger } from "./logger.ts";
import { logging } from "./middleware/logging.emitted.ts";
import { createTestRuntime, type TestRuntimeOptions } from "./testing/index.ts";

type Line = Readonly<Record<string, unknown>>;

/** A real pino, and what it wrote. */
function pinoLines(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  return { logger, lines };
}

async function linesOf(options: TestRuntimeOptions, fails: () => boolean = () => false): Promise<unknown[]> {
  const { logger, lines } = pinoLines();
  const fn: RunnableFunction = { id: "logging", retries: 2, handler: logging(fails) };
  const event = { name: "go", data: { order: 7 } };
  const run = await createTestRuntime({ ...options, logger }).run(fn, event, { steps: (_, real) => real() });
  expect(run.error).toBeUndefined();
  return lines;
}

const ids = { runId: "run", functionId: "logging" };

test("what a handler logs carries the ids of its run, and nothing is logged twice after a reload", async () => {
  const lines = await linesOf({ reload: "never" });
  expect(lines).toEqual([
    { level: 30, ...ids, n: 1, msg: "begin" },
    { level: 30, ...ids, order: 7, msg: "in the step" },
    { level: 30, ...ids, order: 7, msg: "between" },
    { level: 40, ...ids, order: 7, inner: true, msg: "end" },
  ]);
  expect(await linesOf({ reload: "every-park" })).toEqual(lines);
});

test("a segment that is tried again logs again, and why it is", async () => {
  let failures = 1;
  const lines = (await linesOf({ reload: "every-park" }, () => failures-- > 0)) as Line[];
  expect(lines.map(({ msg }) => msg)).toEqual([
    "begin",
    "in the step",
    "between",
    expect.stringMatching(/run run is tried again in \d+ ms: its code threw/),
    "between",
    "end",
  ]);
  expect(lines[3]).toMatchObject({ level: 40, ...ids, err: { message: "between the steps", type: "Error" } });
});

test("a logger without `child` gets the bindings of a child in front of each line", async () => {
  const calls: unknown[][] = [];
  const log = (...args: unknown[]) => void calls.push(args);
  const logger = { debug: log, info: log, warn: log, error: log };
  const fn: RunnableFunction = { id: "logging", retries: 0, handler: logging(() => false) };
  await createTestRuntime({ reload: "every-park", logger }).run(fn, { name: "go", data: { order: 7 } });
  expect(calls).toEqual([
    [{ n: 1 }, "begin"],
    [{ order: 7 }, "in the step"],
    [{ order: 7 }, "between"],
    // Each child adds its own in front.
    [{ order: 7 }, { inner: true }, "end"],
  ]);
});

test("a logger that throws, or whose child does, changes nothing", () => {
  const fails = () => {
    throw new Error("the log is full");
  };
  const logger = shieldedLogger({ debug: fails, info: fails, warn: fails, error: fails, child: fails });
  expect(() => boundLogger(logger, ids).info("text")).not.toThrow();
  expect(() => logger.child?.({}).child?.({}).error("text")).not.toThrow();
});

test("the console prints the text of the runtime's reports first", () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  const err = new Error("no");
  consoleLogger.error({ err }, "backstitch: a report");
  consoleLogger.error("a handler's", { err });
  expect(printed.mock.calls).toEqual([
    ["backstitch: a report", err],
    ["a handler's", { err }],
  ]);
  printed.mockRestore();
});
