/** For the tests: a process whose system calls the kernel lets fail, or does not let return from. Linux, with `strace`. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Why these tests cannot run here; undefined when they can. */
export function straceMissing(): string | undefined {
  const { status, error, stderr } = spawnSync("strace", ["-qq", "-o", "/dev/null", "true"], { encoding: "utf8" });
  if (status === 0) return undefined;
  const reason = error === undefined ? stderr.trim() : error.message;
  return `strace is needed for faults of system calls, and does not run here: ${reason}. On Debian: apt-get install strace`;
}

/** What happens instead of the `nth` of the calls: of its name, from 1. */
export interface SystemFault {
  readonly call: string;
  readonly nth: number;
  /** The process is killed, or so many of the calls from there on fail. */
  readonly effect: "kill" | { readonly error: "EIO" | "ENOSPC"; readonly times: number };
}

/** How a process ended: an exit code or a signal, and what it has printed. */
export interface TracedEnd {
  readonly end: number | string;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs a script under `strace`, with a fault. */
export function runWithFault(
  { call, nth, effect }: SystemFault,
  script: string,
  ...args: string[]
): Promise<TracedEnd> {
  const what = effect === "kill" ? "signal=KILL" : `error=${effect.error}`;
  const when = effect === "kill" ? `${nth}` : `${nth}..${nth + effect.times - 1}`;
  return traced(["-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:${what}:when=${when}`], script, args);
}

/** How often a script that is left alone makes each of the calls. */
export async function countCalls(
  calls: readonly string[],
  folder: string,
  script: string,
  ...args: string[]
): Promise<Map<string, number>> {
  const log = join(mkdtempSync(join(folder, "trace-")), "calls");
  const { end, errors } = await traced(["-o", log, "-e", `trace=${calls.join()}`], script, args);
  if (end !== 0) throw new Error(`the script ended with ${end}: ${errors}`);
  const counts = new Map(calls.map((call) => [call, 0]));
  for (const [, call = ""] of readFileSync(log, "utf8").matchAll(/^\d+ +(\w+)\(/gm)) {
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return counts;
}

function traced(options: readonly string[], script: string, args: readonly string[]): Promise<TracedEnd> {
  // Without its filter `--seccomp-bpf`, with which it sends no signals.
  const command = ["-f", "-qq", ...options, process.execPath, script, ...args];
  return new Promise((resolve) => {
    execFile("strace", command, (error, stdout, stderr) => {
      const end = error === null ? 0 : (error.signal ?? error.code ?? 1);
      resolve({ end, lines: stdout.split("\n").slice(0, -1), errors: stderr });
    });
  });
}
