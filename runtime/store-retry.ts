/** How a worker lives through failures of its store: one log line for each outage, growing pauses, no attempt counted. */
import type { Clock } from "./clock.ts";
import type { Logger } from "./engine/contract.ts";

const shortestPauseMs = 100;
const longestPauseMs = 5_000;

/** State of one activity on the store (claiming, committing, renewing). */
export class StoreRetry {
  readonly #activity: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #failures = 0;

  /** @param activity what is being tried, for the log: "claiming runs" */
  constructor(activity: string, clock: Clock, logger: Logger) {
    this.#activity = activity;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The store answered. */
  worked(): void {
    if (this.#failures > 0) this.#logger.warn(`backstitch: ${this.#activity} works again`);
    this.#failures = 0;
  }

  /** The store failed: logs the first failure of an outage and gives the time of the next try. */
  failed(error: unknown): number {
    if (this.#failures === 0) {
      const told = `backstitch: ${this.#activity} failed; it is tried again until the store answers`;
      this.#logger.error({ err: error }, told);
    }
    const pause = Math.min(longestPauseMs, shortestPauseMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    return this.#clock.now() + pause;
  }
}
