/**
 * The services that the two programs use, as a script: some always fail, and two do not answer when they are called for
 * the first time, so that there is time to kill the worker in the middle of a step.
 *
 * What happens is written to a file that all processes share. It is how the demo knows what really happened.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A line of the file. */
export interface ServiceCall {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Process that made the call. */
  readonly pid: number;
  readonly service: string;
  /** `called` comes first. `done` is the real effect: a row was written, a message went out. */
  readonly what: "called" | "done" | "failed";
  readonly detail: unknown;
}

const file = process.env.DEMO_CALLS ?? "calls.ndjson";
/** How slow the services are: 1 is right for people who watch, 0 for tests. */
const pace = Number(process.env.DEMO_PACE ?? 1);

/** All calls so far, oldest first. */
export function serviceCalls(): ServiceCall[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // Behind the last end of a line, another process may be in the middle of writing one.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as ServiceCall);
}

export function dalle(prompt: string): Promise<string> {
  return call("dalle", prompt, { fails: "the model is overloaded" });
}

export async function midjourney(prompt: string): Promise<string> {
  await call("midjourney", prompt);
  return "https://midjourney.example/lighthouse.png";
}

export const pusher = {
  trigger: (channel: string, message: string, data: { imageURL: string | null; via: string }) =>
    call("pusher", { channel, message, ...data }, { firstCallHangs: true }),
};

export function updateMetric(): Promise<unknown> {
  return call("updateMetric", undefined, { fails: "no route to the metrics server" });
}

export function createRow(rowId: number): Promise<unknown> {
  return call("createRow", rowId);
}

export function addDetail(entry: string): Promise<unknown> {
  return call("addDetail", entry, { fails: "the detail table is locked" });
}

export function removeRow(rowId: number): Promise<unknown> {
  return call("removeRow", rowId, { firstCallHangs: true });
}

interface Script {
  /** The service always fails, with this message. */
  readonly fails?: string;
  readonly firstCallHangs?: boolean;
}

async function call<Detail>(service: string, detail: Detail, script: Script = {}): Promise<Detail> {
  const isFirst = !serviceCalls().some((earlier) => earlier.service === service);
  write(service, "called", detail);
  await delay(pace * (script.firstCallHangs && isFirst ? 60_000 : 30));
  if (script.fails !== undefined) {
    write(service, "failed", detail);
    throw new Error(script.fails);
  }
  write(service, "done", detail);
  return detail;
}

/** One write per line, at once: it is there when the process is killed a moment later. */
function write(service: string, what: ServiceCall["what"], detail: unknown): void {
  const line: ServiceCall = { at: Date.now(), pid: process.pid, service, what, detail };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}
