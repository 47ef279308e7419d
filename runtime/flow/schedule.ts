/** Cron schedules: when their slots are. */
import { createHash } from "node:crypto";
import { Cron } from "croner";
import { type Duration, durationMs } from "../duration.ts";
import { BackstitchError } from "../faults.ts";
import { checkKeys } from "../options.ts";

const code = "BS2041";
const longestJitter = 86_400_000;

/** Times are milliseconds since the epoch. */
export class Schedule {
  /** As the author gave it. */
  readonly text: string;
  readonly #cron: Cron;
  readonly #jitterMs: number;

  constructor(text: string, cron: Cron, jitterMs: number) {
    this.text = text;
    this.#cron = cron;
    this.#jitterMs = jitterMs;
  }

  /** The latest slot whose run may start by now; undefined when there is none. */
  latest(now: number, salt: string): number | undefined {
    let slot = this.#before(now);
    while (slot !== undefined && this.startOf(slot, salt) > now) slot = this.#before(slot - 1);
    return slot;
  }

  /** The first slot after a point in time. */
  next(after: number): number | undefined {
    return this.#cron.nextRun(new Date(after))?.getTime();
  }

  /** When the run of a slot starts: jitter is the same in all workers. */
  startOf(slot: number, salt: string): number {
    if (this.#jitterMs === 0) return slot;
    const hash = createHash("sha256")
      .update(JSON.stringify([salt, this.text, slot]))
      .digest();
    return slot + (hash.readUInt32BE() % (this.#jitterMs + 1));
  }

  /** The latest slot up to a point in time. */
  #before(time: number): number | undefined {
    return this.#cron.previousRuns(1, new Date(time + 1))[0]?.getTime();
  }
}

/**
 * @param given a trigger with `cron`
 * @param where names the function
 * @throws BackstitchError BS2041 when the schedule cannot be read or has no slot, BS2012 when `jitter` is no duration
 */
export function checkedSchedule(given: unknown, where: string): Schedule {
  checkKeys(given, ["cron", "jitter"], `a trigger of ${where}`, code);
  const { cron, jitter = 0 } = given as { cron?: unknown; jitter?: Duration };
  const field = `\`cron\` of a trigger of ${where}`;
  if (typeof cron !== "string") throw wrong(`${field} is ${cron === null ? "null" : typeof cron}`);
  const jitterMs = durationMs(jitter, `\`jitter\` of a trigger of ${where}`);
  if (jitterMs > longestJitter) {
    throw new BackstitchError(code, {
      where: `\`jitter\` of a trigger of ${where} is ${JSON.stringify(jitter)}`,
      fix: "Give at most 24 hours.",
    });
  }
  const [, zone, pattern] = /^(?:TZ=(\S*)\s+)?(.*)$/s.exec(cron.trim()) as unknown as [string, string?, string?];
  return new Schedule(cron, parsed(pattern ?? "", zone ?? "UTC", `${field} is ${JSON.stringify(cron)}`), jitterMs);
}

/** Zones are checked first, because the parser finds a wrong one only when it is asked for a slot. */
function parsed(pattern: string, timezone: string, what: string): Cron {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch (cause) {
    throw wrong(`${what}: there is no time zone ${JSON.stringify(timezone)}`, cause);
  }
  let cron: Cron;
  try {
    cron = new Cron(pattern, { timezone, paused: true, mode: "5-or-6-parts" });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/^CronPattern: /, "") : String(cause);
    throw wrong(`${what}: ${problem.replace(/\.$/, "")}`, cause);
  }
  if (/^\d{4}-/.test(pattern)) throw wrong(`${what}, a date`);
  if (cron.nextRun() === null) throw wrong(`${what}, a time that never comes`);
  return cron;
}

function wrong(where: string, ...cause: readonly unknown[]): BackstitchError {
  const fix =
    'Give five fields (minute, hour, day of month, month, day of week) or six with seconds in front, after an optional zone: "TZ=Europe/Paris 0 9 * * 1-5".';
  return new BackstitchError(code, { where, fix, ...(cause.length > 0 && { cause: cause[0] }) });
}
