/** Lengths of time and points in time, as authors write them. */
import ms from "ms";
import { BackstitchError } from "./faults.ts";

/** A length of time: milliseconds, or text such as `"30s"`, `"5 minutes"`, `"2h"`. */
export type Duration = number | string;

/** The longest duration in milliseconds, 10,000 years: points in time stay whole numbers that stores and `Date` can hold. */
export const longestDuration = 10_000 * 365.25 * 86_400_000;

/**
 * Whole milliseconds of a duration, rounded up, because a timer never ends early. A negative one counts as 0, as in
 * `setTimeout`.
 *
 * @param where names the place for the error message, e.g. `step.sleep("pause")`
 * @throws BackstitchError BS2012 when it is no number up to 10,000 years and no text that can be read
 * @example durationMs("1.5h", 'step.sleep("pause")') // 5_400_000
 */
export function durationMs(duration: Duration, where: string): number {
  const length = typeof duration === "string" ? parseDuration(duration) : duration;
  if (typeof length === "number" && length <= longestDuration && length !== -Infinity)
    return Math.ceil(Math.max(0, length));
  throw new BackstitchError("BS2012", {
    where: `${where} was given ${describe(duration)}`,
    fix: 'Give milliseconds as a number, or text with one unit such as "30s", "5 minutes" or "2h"; at most 10,000 years.',
  });
}

/**
 * Milliseconds since the epoch of a point in time.
 *
 * @param moment a Date, milliseconds since the epoch, or text that `Date` can read (ISO 8601 is the safe form)
 * @param where names the place for the error message
 * @throws BackstitchError BS2012 when it is no valid point in time
 */
export function momentMs(moment: Date | string | number, where: string): number {
  const time = moment instanceof Date ? moment.getTime() : new Date(moment).getTime();
  if (!Number.isNaN(time)) return time;
  throw new BackstitchError("BS2012", {
    where: `${where} was given ${describe(moment)}`,
    fix: "Give a valid Date, milliseconds since the epoch, or an ISO 8601 text.",
  });
}

/** `ms` throws for text that is empty or longer than 100 characters; for other text it cannot read it gives undefined. */
function parseDuration(text: string): number | undefined {
  if (text === "" || text.length > 100) return undefined;
  return ms(text as ms.StringValue) as number | undefined;
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return value instanceof Date ? "an invalid Date" : String(value);
}
