/** The option `throttle`: a run that a worker takes for the first time is told when it may begin. */
import type { Clock } from "../clock.ts";
import type { Logger, RunnableFunction } from "../engine/contract.ts";
import { eventOf } from "../engine/load.ts";
import type { Claim, Commit, CommitResult, StateKey, Store } from "../store.ts";
import { throttledStart } from "./decide.ts";

/** How a commit of a run is written. */
type Write = (commit: Commit) => Promise<CommitResult>;

/**
 * Runs are told in the order in which they are claimed, one at a time: that spares workers a race with themselves. A
 * worker that dies between telling and writing wastes a turn, and never gives one twice.
 */
export class Throttles {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether the run begins now. Otherwise it was given back until its time. */
  async admits(claim: Claim, fn: RunnableFunction, write: Write): Promise<boolean> {
    // A commit without a frame is the one below: the run has waited for its turn.
    if (!fn.flow?.throttle || claim.frame !== null || claim.seq > 0) return true;
    const turn = this.#last.then(() => this.#startOf(claim, fn));
    this.#last = turn.catch(() => {});
    const start = await turn;
    const now = this.#clock.now();
    if (start <= now) return true;
    const { run, epoch, seq } = claim;
    await write({ run, epoch, seq, now, status: "running", label: null, wakeAt: start, release: true, steps: [] });
    return false;
  }

  async #startOf(claim: Claim, { id, flow }: RunnableFunction): Promise<number> {
    const throttle = flow?.throttle;
    if (throttle === undefined) return 0;
    let event: ReturnType<typeof eventOf>;
    try {
      event = eventOf(claim);
    } catch {
      // It is blocked as soon as it begins, and so is seen.
      return 0;
    }
    const key = throttle.key?.key({ event }, this.#logger) ?? "";
    const name: StateKey = { app: claim.event.app, functionId: id, kind: "throttle", key };
    for (;;) {
      const before = (await this.#store.states([name]))[0]?.value;
      const now = this.#clock.now();
      const { start, change } = throttledStart(before, now, throttle);
      if ((await this.#store.changeStates([{ ...name, before, ...change }], [], now)) === "ok") return start;
    }
  }
}
