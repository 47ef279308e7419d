/**
 * The whole life of a file, run by a test as a process of its own: `node <bundle> <file>`. It makes the file, or goes on with
 * what is in it, until its one run has ended. It tells, in lines of output, of each call that was acknowledged; one that fails
 * is made again, as a worker does.
 */
import { writeSync } from "node:fs";
import type { Commit } from "../../store.ts";
import { newWorkerIdentity } from "../worker-identity.ts";
import { SqliteStore } from "./sqlite-store.ts";

const [, , path = ""] = process.argv;
const turns = 5;
/** More than the faults of a test. */
const mostFailures = 30;
let failures = 0;

const store = new SqliteStore(path);
await acknowledged("open", () => store.open());
// The log goes to the file behind every few commits, and begins anew.
store.connection.pragma("wal_autocheckpoint = 20");
const event = { id: "e", app: "shop", name: "n", data: "{}", receivedAt: 0 };
await acknowledged("putEvents", () => store.putEvents([event]));
const run = { id: "r", app: "shop", functionId: "f", eventId: "e", wakeAt: 0 };
await acknowledged("route", () => store.route(event, [run]));
const request = { app: "shop", worker: newWorkerIdentity(), functions: ["f"], limit: 1, now: 1, leaseMs: 600_000 };
const [claim] = await acknowledged("claim", () => store.claim(request));
for (let turn = (claim?.seq ?? turns) + 1; turn <= turns; turn += 1) {
  const [result] = await acknowledged(`commit ${turn}`, () => store.commit([commitOf(claim?.epoch ?? 0, turn)]));
  if (result !== "ok") throw new Error(`commit ${turn} was answered ${String(result)}`);
}
await acknowledged("close", () => store.close());

/** Rows of every table that a commit writes, and a frame of several pages. */
function commitOf(epoch: number, turn: number): Commit {
  const isLast = turn === turns;
  const step = { op: turn, attempt: 0, id: "charge", kind: "step", status: "completed", output: `${turn}` } as const;
  return {
    run: "r",
    epoch,
    seq: turn - 1,
    now: turn,
    status: isLast ? "completed" : "running",
    frame: `${turn}`.repeat(10_000),
    label: `at ${turn}`,
    wakeAt: 0,
    release: isLast,
    steps: [{ ...step, startedAt: turn, endedAt: turn }],
    ...(isLast && { output: "all" }),
    waits: [{ op: turn, kind: "event", name: "reply" }],
    unwait: [turn - 1],
    events: [{ id: `sent-${turn}`, app: "shop", name: "sent", data: "{}", receivedAt: turn }],
  };
}

async function acknowledged<T>(call: string, make: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const answer = await make();
      print(call);
      return answer;
    } catch (error) {
      failures += 1;
      if (failures > mostFailures) throw error;
      print(`failed: ${String(error)}`);
    }
  }
}

/** Writes at once: a line that is still in a buffer when the process is killed would be lost. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}
