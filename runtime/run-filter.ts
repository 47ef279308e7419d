/** Which runs a list holds: what people give, checked and turned into what stores are asked. */
import { momentMs } from "./duration.ts";
import { handledFor } from "./engine/handling.ts";
import { BackstitchError } from "./faults.ts";
import { checkInteger, checkKeys, checkName } from "./options.ts";
import type { RunQuery, RunStatus, RunView } from "./store.ts";

/** A point in time: a Date, ISO 8601 text, or milliseconds since the epoch. */
export type Moment = Date | string | number;

/** Which runs are meant. What is left out does not matter; of the rest, all must hold. */
export interface RunFilter {
  readonly functionId?: string | undefined;
  /** One, or any of several. */
  readonly status?: RunStatus | readonly RunStatus[] | undefined;
  /** Created at this time or later. */
  readonly createdFrom?: Moment | undefined;
  /** Created before this time. */
  readonly createdBefore?: Moment | undefined;
  /** Name of the event that started it. */
  readonly event?: string | undefined;
  readonly eventId?: string | undefined;
  /** Where it is parked: a label of the function, or of what it calls; or several of them, joined by " > ". */
  readonly label?: string | undefined;
  /** Text that the name or the message of its error holds, whatever the case. */
  readonly error?: string | undefined;
  /** Id of the run whose `step.invoke` started it. */
  readonly parent?: string | undefined;
  /** Id of the run of which it is a rerun or a fork. */
  readonly origin?: string | undefined;
}

/** Which runs `runs.list()` and `runs.page()` give. */
export interface ListOptions extends RunFilter {
  /** Most runs to give, 1 to 1,000. Default 50. */
  readonly limit?: number | undefined;
  /** Where to go on: `next` of the page before, or the id of its last run. */
  readonly before?: string | undefined;
}

/** What a store is asked, and what it cannot tell. */
export interface Search {
  readonly query: RunQuery;
  /** Text of the error, in lower case. */
  readonly error: string | undefined;
}

const filterKeys = [
  "functionId",
  "status",
  "createdFrom",
  "createdBefore",
  "event",
  "eventId",
  "label",
  "error",
  "parent",
  "origin",
];
const statuses: readonly string[] = [
  "running",
  "completed",
  "failed",
  "cancelled",
  "blocked",
  "moving",
  "moved",
] satisfies RunStatus[];

/** @throws BackstitchError BS2050 when a filter is wrong, BS2013 when another option is */
export function searchOf(app: string, options: ListOptions, where: string): Search {
  checkKeys(options, [...filterKeys, "limit", "before"], where);
  const { createdFrom, createdBefore, limit = 50, before, error } = options;
  checkInteger(limit, "limit", { least: 1, most: 1_000 }, where);
  const texts = ["functionId", "event", "eventId", "label", "error", "parent", "origin"] as const;
  for (const key of texts) if (options[key] !== undefined) checkName(options[key], key, where, "BS2050");
  // Only what failed or is blocked has an error.
  const status =
    statusOf(options.status, where) ?? (error === undefined ? undefined : (["failed", "blocked"] as const));
  const from = createdFrom === undefined ? undefined : firstIdOf(createdFrom, "createdFrom", where);
  const to = createdBefore === undefined ? undefined : firstIdOf(createdBefore, "createdBefore", where);
  const { functionId, event: eventName, eventId, label, parent, origin } = options;
  const query = {
    ...{ app, limit, functionId, status, eventName, eventId, label, parent, origin, from },
    before: before === undefined || (to !== undefined && to < before) ? to : before,
  };
  return { query: given(query), error: error?.toLowerCase() };
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function given<T extends object>(query: T): Given<T> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Given<T>;
}

function statusOf(status: ListOptions["status"], where: string): ListOptions["status"] {
  const wrong = status === undefined ? undefined : [status].flat().find((one) => !statuses.includes(one));
  if (wrong === undefined && !(Array.isArray(status) && status.length === 0)) return status;
  throw new BackstitchError("BS2050", {
    where: `\`status\` of ${where} is ${wrong === undefined ? "an empty list" : JSON.stringify(wrong)}`,
    fix: `Give ${statuses.map((each) => `"${each}"`).join(", ")}, or a list of these.`,
  });
}

/** Ids of runs begin with their time: this text comes in front of all that were created then. */
function firstIdOf(moment: Moment, name: string, where: string): string {
  const time = Math.trunc(momentMs(moment, `\`${name}\` of ${where}`));
  const hex = Math.min(Math.max(time, 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-`;
}

/**
 * Whether an error has a text in it, or one that was being handled when it came.
 *
 * @param text in lower case
 */
export function hasError(error: unknown, text: string): boolean {
  const textOf = (one: unknown) => (one instanceof Error ? `${one.name}: ${one.message}` : String(one));
  return [error, ...handledFor(error)].some((one) => textOf(one).toLowerCase().includes(text));
}

/** Runs that a page looks at for the text of their errors, which no store can search. */
export const errorsLookedAt = 2_000;

/** Where a page ends that holds what was found among those looked at. */
export function nextOf(found: readonly RunView[], limit: number, next: string | undefined): string | undefined {
  return found.length === limit ? found.at(-1)?.id : next;
}
