/** Lengths of time and points in time, as authors write them. */
import ms from "ms";
import { BackstitchError } from "./faults.ts";

/** A `Temporal.Duration`, of the language or of a polyfill: each has this tag. */
export interface DurationLike {
  readonly [Symbol.toStringTag]: "Temporal.Duration";
}

/** A `Temporal.Instant`, of the language or of a polyfill. */
export interface InstantLike {
  readonly [Symbol.toStringTag]: "Temporal.Instant";
}

/** A `Temporal.ZonedDateTime`, of the language or of a polyfill. */
export interface ZonedDateTimeLike {
  readonly [Symbol.toStringTag]: "Temporal.ZonedDateTime";
}

/** A length of time: milliseconds, text such as `"30s"`, `"5 minutes"`, `"2h"`, or a `Temporal.Duration`. */
export type Duration = number | string | DurationLike;

/** A point in time: a Date, ISO 8601 text, milliseconds since the epoch, a `Temporal.Instant` or `ZonedDateTime`. */
export type Moment = Date | string | number | InstantLike | ZonedDateTimeLike;

/** The longest duration in milliseconds, 10,000 years: points in time stay whole numbers that stores and `Date` can hold. */
export const longestDuration = 10_000 * 365.25 * 86_400_000;

/**
 * Whole milliseconds of a duration, rounded up, because a timer never ends early. A negative one counts as 0, as in
 * `setTimeout`.
 *
 * @param where names the place for the error message, e.g. `step.sleep("pause")`
 * @throws BackstitchError BS2012 when it is no number up to 10,000 years and nothing that can be read
 * @example durationMs("1.5h", 'step.sleep("pause")') // 5_400_000
 */
export function durationMs(duration: Duration, where: string): number {
  const length = lengthOf(duration);
  if (typeof length === "number" && length <= longestDuration && length !== -Infinity)
    return Math.ceil(Math.max(0, length));
  throw new BackstitchError("BS2012", {
    where: `${where} was given ${describe(duration)}`,
    fix: 'Give milliseconds as a number, text with one unit such as "30s", "5 minutes" or "2h", or a Temporal.Duration without months and years; at most 10,000 years.',
  });
}

/**
 * Milliseconds since the epoch of a point in time. Text is what `Date` can read; ISO 8601 is the safe form.
 *
 * @param where names the place for the error message
 * @throws BackstitchError BS2012 when it is no valid point in time
 */
export function momentMs(moment: Moment, where: string): number {
  const time = timeOf(moment);
  if (!Number.isNaN(time)) return time;
  throw new BackstitchError("BS2012", {
    where: `${where} was given ${describe(moment)}`,
    fix: "Give a valid Date, milliseconds since the epoch, an ISO 8601 text, a Temporal.Instant or a Temporal.ZonedDateTime.",
  });
}

function lengthOf(duration: Duration): number | undefined {
  if (typeof duration === "string") return parseDuration(duration);
  return tagOf(duration) === "Temporal.Duration"
    ? totalOf(duration as unknown as DurationFields)
    : (duration as number);
}

/** Fields of a `Temporal.Duration` whose length does not depend on a date. */
interface DurationFields {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly milliseconds: number;
  readonly microseconds: number;
  readonly nanoseconds: number;
}

function totalOf(fields: DurationFields): number | undefined {
  if (fields.years !== 0 || fields.months !== 0) return undefined;
  const hours = (fields.weeks * 7 + fields.days) * 24 + fields.hours;
  const seconds = (hours * 60 + fields.minutes) * 60 + fields.seconds;
  return seconds * 1_000 + fields.milliseconds + fields.microseconds / 1e3 + fields.nanoseconds / 1e6;
}

function timeOf(moment: Moment): number {
  if (moment instanceof Date) return moment.getTime();
  const tag = tagOf(moment);
  if (tag === "Temporal.Instant" || tag === "Temporal.ZonedDateTime") {
    return (moment as unknown as { readonly epochMilliseconds: number }).epochMilliseconds;
  }
  return typeof moment === "string" || typeof moment === "number" ? new Date(moment).getTime() : Number.NaN;
}

function tagOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as DurationLike)[Symbol.toStringTag] : undefined;
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
