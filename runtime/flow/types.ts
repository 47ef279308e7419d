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
}
