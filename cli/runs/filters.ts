/** Options that say which runs are meant. */
import type { Command } from "commander";
import ms from "ms";
import type { RunFilter } from "../../runtime/index.ts";
import { exitCodes, Failure } from "../failure.ts";

export interface FilterOptions {
  readonly function?: string;
  readonly status?: string;
  readonly since?: string;
  readonly until?: string;
  readonly event?: string;
  readonly eventId?: string;
  readonly label?: string;
  readonly error?: string;
  readonly parent?: string;
  readonly origin?: string;
}

export function addFilters(command: Command): Command {
  return command
    .option("--function <id>", "only runs of this function")
    .option(
      "--status <list>",
      "only running, completed, failed, cancelled, blocked, moving or moved ones; commas between several",
    )
    .option("--since <time>", "only those created since then: 2h, 3d, 2030-01-02T03:04:05Z")
    .option("--until <time>", "only those created before then")
    .option("--event <name>", "only those that an event of this name started")
    .option("--event-id <id>", "only those that this event started")
    .option("--label <label>", "only those that are parked at this label, at any depth of calls")
    .option("--error <text>", "only those whose error says so, whatever the case")
    .option("--parent <run>", "only those that `step.invoke` of this run started")
    .option("--origin <run>", "only reruns and forks of this run");
}

/** @throws Failure when a time cannot be read */
export function filterOf(options: FilterOptions, now: number): RunFilter {
  const { function: functionId, status, since, until, event, eventId, label, error, parent, origin } = options;
  return {
    ...{ functionId, event, eventId, label, error, parent, origin },
    status: status?.split(",") as RunFilter["status"],
    createdFrom: timeOf(since, "--since", now),
    createdBefore: timeOf(until, "--until", now),
  };
}

export function isEmpty(filter: RunFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** @throws Failure when it is none from 1 to 1,000 */
export function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new Failure(`--limit is "${text}". Give a whole number from 1 to 1000.`, exitCodes.usage);
}

/** A length of time is one before now. */
export function timeOf(text: string | undefined, option: string, now: number): number | undefined {
  if (text === undefined) return undefined;
  const length = text.length <= 100 ? (ms(text as ms.StringValue) as number | undefined) : undefined;
  const time = /^\d+$/.test(text) || length === undefined ? new Date(text).getTime() : now - length;
  if (!Number.isNaN(time)) return time;
  throw new Failure(
    `${option} is "${text}". Give a length of time such as 2h, or a time such as 2030-01-02T03:04:05Z.`,
    exitCodes.usage,
  );
}
