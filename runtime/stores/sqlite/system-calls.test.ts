/**
 * A process is killed between any two of the system calls with which SQLite writes, or some of these calls fail. What was
 * acknowledged must be there; what was not must be there as a whole or not at all. `npm test` takes some of the calls;
 * `BACKSTITCH_FAULTS=full`, set by `npm run test:faults`, all of them.
 */
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { countCalls, runWithFault, type SystemFault, straceMissing } from "../testing-strace.ts";
import { bundledScript, Script, temporaryFolder } from "../testing-support.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = temporaryFolder();
const script = bundledScript(new URL("testing-life.ts", import.meta.url));
const isFull = process.env["BACKSTITCH_FAULTS"] === "full";
const missing = straceMissing();
const slow = 900_000;
/** Both names of the call that waits for the disk, since drivers differ. */
const calls = ["pwrite64", "fsync", "fdatasync", "ftruncate", "unlink"];
const acknowledgements = ["open", "putEvents", "route", "claim", ...[1, 2, 3, 4, 5].map((n) => `commit ${n}`), "close"];
const turns = 5;
let files = 0;

const newFile = () => join(folder(), `${files++}.db`);

/** Of each call, the places at which it is made to go wrong: all, or some in equal distances with the first and the last. */
async function places(path: string): Promise<Pick<SystemFault, "call" | "nth">[]> {
  const counts = await countCalls(calls, folder(), script(), path);
  return [...counts].flatMap(([call, count]) => {
    const taken = isFull ? count : Math.min(count, call === "pwrite64" ? 8 : 2);
    const nth = (place: number) => (taken === 1 ? 1 : 1 + Math.round((place * (count - 1)) / (taken - 1)));
    return Array.from({ length: taken }, (_, place) => ({ call, nth: nth(place) }));
  });
}

/** What is wrong with a file, of whose life these lines tell. */
async function problemsOf(store: SqliteStore, lines: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const expectSame = (what: string, found: unknown, ...allowed: unknown[]) => {
    if (allowed.some((one) => JSON.stringify(one) === JSON.stringify(found))) return;
    problems.push(`${what}: ${JSON.stringify(found)}, not ${allowed.map((one) => JSON.stringify(one)).join(" or ")}`);
  };
  expectSame("integrity", store.connection.pragma("integrity_check"), "ok");
  const run = await store.getRun("r");
  if (run === undefined) return [...problems, ...(lines.includes("route") ? ["the run is lost"] : [])];
  const acknowledged = lines.filter((line) => line.startsWith("commit")).length;
  const steps = await store.listSteps("r");
  const written = steps.length;
  expectSame("steps", written, acknowledged, acknowledged + 1);
  const numbers = steps.map((_, index) => index + 1);
  const outputs = steps.map(({ op, output }) => [op, output]);
  expectSame(
    "outputs",
    outputs,
    numbers.map((op) => [op, `${op}`]),
  );
  const isOver = written === turns;
  expectSame("status", run.status, isOver ? "completed" : "running");
  expectSame("label", run.label, written === 0 ? null : `at ${written}`);
  const parked = await store.getParked("r");
  expectSame("frame", parked?.frame, isOver ? undefined : written === 0 ? null : `${written}`.repeat(10_000));
  const waiting = isOver ? undefined : numbers.slice(-1);
  expectSame(
    "waits",
    parked?.waits.map(({ op }) => op),
    waiting,
  );
  const events = await store.listEvents({ app: "shop", name: "sent", limit: 99 });
  expectSame(
    "sent events",
    events.map(({ id }) => id).sort(),
    numbers.map((op) => `sent-${op}`),
  );
  return problems;
}

/** The process that comes after goes on to the end. */
async function problemsAtTheEnd(path: string): Promise<string[]> {
  const next = new Script(script(), path);
  const lines = await next.rest();
  const end = await next.ended();
  return end === "0" ? [] : [`the next process ended with ${end}: ${lines.join(", ")}`];
}

/** Kills a life at each of the places, and lets another one end it. Answers what was wrong, and how many were killed. */
async function sweep(make: () => Promise<{ path: string; neighbour?: SqliteStore }>) {
  const problems: string[] = [];
  const wasted = await make();
  const all = await places(wasted.path);
  await wasted.neighbour?.close();
  for (const place of all) {
    const { path, neighbour } = await make();
    const { end, lines } = await runWithFault({ ...place, effect: "kill" }, script(), path);
    const store = neighbour ?? new SqliteStore(path);
    if (neighbour === undefined) await store.open();
    const found = end === "SIGKILL" ? await problemsOf(store, lines) : [`it ended with ${end}`];
    found.push(...(await problemsAtTheEnd(path)), ...(await problemsOf(store, acknowledgements)));
    await store.close();
    problems.push(...found.map((problem) => `killed at ${place.call} ${place.nth}: ${problem}`));
  }
  return { problems, killed: all.length };
}

const needsStrace = (body: () => Promise<void>) => (context: TestContext) =>
  missing === undefined ? body() : context.skip(missing);

describe("a process that is killed between two system calls", () => {
  it("has written what it acknowledged, and nothing by halves", { timeout: slow }, (context) =>
    needsStrace(async () => {
      const { problems, killed } = await sweep(async () => ({ path: newFile() }));
      expect(problems).toEqual([]);
      expect(killed).toBeGreaterThan(isFull ? 200 : 13);
    })(context),
  );

  it("leaves nothing by halves to another process that has the file open", { timeout: slow }, (context) =>
    needsStrace(async () => {
      const make = async () => {
        const path = newFile();
        const neighbour = new SqliteStore(path);
        await neighbour.open();
        return { path, neighbour };
      };
      const { problems, killed } = await sweep(make);
      expect(problems).toEqual([]);
      expect(killed).toBeGreaterThan(isFull ? 80 : 11);
    })(context),
  );
});

describe("a disk that fails", () => {
  it.for([
    { name: "is full", error: "ENOSPC", only: ["pwrite64", "ftruncate"] },
    { name: "has errors", error: "EIO", only: ["pwrite64", "fsync", "fdatasync", "ftruncate"] },
  ] as const)("and $name costs time and nothing else", { timeout: slow }, ({ error, only }, context) =>
    needsStrace(async () => {
      const problems: string[] = [];
      let told = 0;
      for (const place of await places(newFile())) {
        if (!only.some((call) => call === place.call)) continue;
        const path = newFile();
        const { end, lines, errors } = await runWithFault({ ...place, effect: { error, times: 3 } }, script(), path);
        const failed = lines.filter((line) => line.startsWith("failed"));
        told += failed.length;
        const store = new SqliteStore(path);
        await store.open();
        const found = await problemsOf(store, lines);
        if (end !== 0) found.push(`it ended with ${end}: ${errors}`);
        if (lines.filter((line) => !failed.includes(line)).join() !== acknowledgements.join()) found.push(lines.join());
        if (failed.some((line) => !line.includes(path))) found.push(failed.join());
        await store.close();
        problems.push(...found.map((problem) => `${error} at ${place.call} ${place.nth}: ${problem}`));
      }
      expect(problems).toEqual([]);
      expect(told).toBeGreaterThan(0);
    })(context),
  );
});
