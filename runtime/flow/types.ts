/** Options of a function that say when its runs begin, and how many of its steps execute at once. */
import type { Duration } from "../duration.ts";
import type { EventScope, ExpressionOf } from "../expressions.ts";
import type { BackstitchEvent } from "../types.ts";

/** Starts a run at each time that fits. */
export interface CronTrigger {
  /**
   * Five fields, or six with seconds in front, after an optional time zone. Default: UTC.
   *
   * @example { cron: "TZ=Europe/Paris 0 9 * * 1-5" }
   */
  readonly cron: string;
  /** Runs start up to so much later, at most 24 hours: those of a slot always by the same time. Default: none. */
  readonly jitter?: Duration | undefined;
}

/** The event of a run that a schedule started; `ts` is the time that fits. */
export type ScheduledEvent = BackstitchEvent<"backstitch/scheduled.timer", { cron: string }>;

/** Gives the value that tells what belongs together: CEL over `event`, or a function. */
export type FlowKey = ExpressionOf<EventScope, unknown>;

/** How many steps may execute at once. Runs that sleep or wait do not count, nor does code between steps. */
export interface ConcurrencyOptions {
  /** 1 to 10,000. */
  readonly limit: number;
  /** Each of its values has a limit of its own. */
  readonly key?: FlowKey | undefined;
  /**
   * What shares the limit: the runs of the function (default), those of all functions of the app that give the same key
   * value, or those of all apps in the store. The last two need a key, which may be a constant such as `'"openai"'`.
   */
  readonly scope?: "fn" | "env" | "account" | undefined;
}

/** Options of a function that steer the flow of its runs. */
export interface FlowOptions {
  /**
   * How many steps may execute at once, over all workers: a number for the function, or one or two limits.
   *
   * @example concurrency: 5
   * @example concurrency: [{ limit: 2, key: "event.data.userId" }, { limit: 50, key: '"openai"', scope: "account" }]
   */
  readonly concurrency?: number | ConcurrencyOptions | readonly ConcurrencyOptions[] | undefined;
  /**
   * Delays the beginning of runs, so that so many begin in a period, evenly. None is lost.
   *
   * @example throttle: { limit: 10, period: "1m", key: "event.data.customerId" }
   */
  readonly throttle?: ThrottleOptions | undefined;
  /**
   * Skips events beyond so many in any period.
   *
   * @example rateLimit: { limit: 1, period: "4h", key: "event.data.companyId" }
   */
  readonly rateLimit?: RateLimitOptions | undefined;
  /**
   * Waits until no event has come for a while, and runs for the last one.
   *
   * @example debounce: { period: "5m", timeout: "1h", key: "event.data.documentId" }
   */
  readonly debounce?: DebounceOptions | undefined;
  /**
   * Starts one run for several events, which it gets as `events`.
   *
   * @example batchEvents: { maxSize: 100, timeout: "5s", key: "event.data.userId" }
   */
  readonly batchEvents?: BatchOptions | undefined;
  /** One run at a time, of each value of a key: `skip` starts no other while there is one, `cancel` ends that one first. */
  readonly singleton?: { readonly mode: "skip" | "cancel"; readonly key?: FlowKey | undefined } | undefined;
  /**
   * Starts one run within 24 hours for events that give the same value. `rateLimit` is not looked at then.
   *
   * @example idempotency: "event.data.orderId"
   */
  readonly idempotency?: FlowKey | undefined;
  /**
   * Seconds by which a run goes ahead of others that wait for a worker or for `concurrency`, as if its event had come so
   * much earlier; a negative number is as if it came later. From -43,200 to 43,200; others count as the nearest.
   *
   * @example priority: { run: "event.data.plan == 'enterprise' ? 120 : 0" }
   */
  readonly priority?: { readonly run?: ExpressionOf<EventScope, number> | undefined } | undefined;
}

export interface ThrottleOptions {
  /** Runs that begin in a period, 1 to 10,000. */
  readonly limit: number;
  /** 1 second to 7 days. */
  readonly period: Duration;
  /** Runs that may begin at once after a rest, 1 to 10,000. Default 1. */
  readonly burst?: number | undefined;
  /** Each of its values is throttled by itself. */
  readonly key?: FlowKey | undefined;
}

export interface RateLimitOptions {
  /** Runs in any period, 1 to 10,000. */
  readonly limit: number;
  /** 1 second to 24 hours. */
  readonly period: Duration;
  /** Each of its values has a limit of its own. */
  readonly key?: FlowKey | undefined;
}

export interface DebounceOptions {
  /** How long no event may have come, 1 second to 7 days. */
  readonly period: Duration;
  /** How long after the first event the run begins at the latest. Default: without limit. */
  readonly timeout?: Duration | undefined;
  /** Each of its values waits by itself. */
  readonly key?: FlowKey | undefined;
}

export interface BatchOptions {
  /** Events that make a run begin, 2 to 100. */
  readonly maxSize: number;
  /** How long after the first event the run begins with those there are, 1 second to 10 minutes. */
  readonly timeout: Duration;
  /** Each of its values has batches of its own. */
  readonly key?: FlowKey | undefined;
  /** Events for which it does not hold have a run of their own, at once. */
  readonly if?: ExpressionOf<EventScope, boolean> | undefined;
}
