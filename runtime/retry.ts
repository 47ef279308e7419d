/** When the next attempt of a step or a segment begins. */
import { type Duration, durationMs, longestDuration } from "./duration.ts";
import type { Logger } from "./engine/contract.ts";
import { BackstitchError, type BackstitchErrorCode } from "./faults.ts";

/**
 * Delays between attempts: one for each retry, in order, the last one repeated; or a function from the number of the
 * retry (1 is the first) to milliseconds. Both are taken as they are, without jitter.
 *
 * @example ["1s", "10s", "5m"]
 * @example (attempt) => Math.min(60_000, 2 ** attempt * 100)
 */
export type Backoff = readonly Duration[] | ((attempt: number) => number);

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const defaultDelays = [
  15 * second,
  30 * second,
  1 * minute,
  2 * minute,
  5 * minute,
  10 * minute,
  20 * minute,
  40 * minute,
  1 * hour,
  2 * hour,
] as const;

/** Jitter spreads the retries of runs that failed together, e.g. when a service they share went down. */
const largestJitter = 30 * second;

/** Milliseconds before attempt `attempt`, where 1 is the first retry; by a schedule of its own, where it has one. */
export type RetrySchedule = (attempt: number, own?: CheckedBackoff) => number;

/**
 * The schedule of a client. The result never throws, because it is asked in the middle of a run: a `backoff` function that
 * throws, or gives no usable number, is reported and the default delay is taken.
 *
 * @param random gives numbers from 0 to 1, for the jitter of the default schedule
 * @throws BackstitchError when `backoff` is no function and no list of durations
 */
export function retrySchedule(backoff: Backoff | undefined, logger: Logger, random: () => number): RetrySchedule {
  const byDefault = (attempt: number) => delayAt(defaultDelays, attempt) + random() * largestJitter;
  const given = backoff === undefined ? undefined : checkedBackoff(backoff, "new Backstitch()");
  const ofClient = given === undefined ? byDefault : scheduleOf(given, byDefault, logger);
  return (attempt, own) => (own === undefined ? ofClient : scheduleOf(own, ofClient, logger))(attempt);
}

/** A schedule that was checked: delays are milliseconds. */
export type CheckedBackoff = readonly number[] | ((attempt: number) => number);

/** @throws BackstitchError with `code` when it is no function and no list, BS2012 when a delay cannot be read */
export function checkedBackoff(backoff: unknown, where: string, code: BackstitchErrorCode = "BS2013"): CheckedBackoff {
  if (typeof backoff === "function") return backoff as (attempt: number) => number;
  const delays = Array.isArray(backoff)
    ? Array.from(backoff as Duration[], (delay, index) => durationMs(delay, `\`backoff[${index}]\` of ${where}`))
    : [];
  if (delays.length > 0) return delays;
  throw new BackstitchError(code, {
    where: `\`backoff\` of ${where} is neither a function nor a list with a delay in it`,
    fix: 'Give a list such as ["1s", "10s"], a function from the retry\'s number to milliseconds, or leave it out.',
  });
}

function scheduleOf(
  backoff: CheckedBackoff,
  fallback: (attempt: number) => number,
  logger: Logger,
): (attempt: number) => number {
  if (typeof backoff === "function") return guarded(backoff, fallback, logger);
  return (attempt) => delayAt(backoff, attempt);
}

function delayAt(delays: readonly number[], attempt: number): number {
  return delays[Math.max(0, Math.min(attempt, delays.length) - 1)] as number;
}

function guarded(
  backoff: (attempt: number) => number,
  fallback: (attempt: number) => number,
  logger: Logger,
): (attempt: number) => number {
  return (attempt) => {
    try {
      const delay = backoff(attempt);
      if (Number.isFinite(delay)) return Math.min(longestDuration, Math.max(0, delay));
      logger.error(`backoff(${attempt}) gave ${String(delay)}, not milliseconds; the default delay is taken`);
    } catch (error) {
      logger.error({ err: error }, `backoff(${attempt}) threw; the default delay is taken`);
    }
    return fallback(attempt);
  };
}
