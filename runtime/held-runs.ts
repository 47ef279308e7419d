/** The runs that a worker holds: their leases are renewed here, and a run whose fence is lost is aborted. */
import type { Clock } from "./clock.ts";
import type { Claim, Mail, Store } from "./store.ts";
import type { StoreRetry } from "./store-retry.ts";

/** One claim being driven. */
export interface HeldRun {
  readonly run: string;
  readonly epoch: number;
  readonly abort: AbortController;
  /** How its driver takes mail; set while it drives. */
  deliver: ((mail: readonly Mail[]) => void) | undefined;
}

export class HeldRuns {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #retry: StoreRetry;
  readonly #leaseMs: number;
  /** By run: when a run that was just released is claimed again, the newer claim takes the place of the older one. */
  readonly #held = new Map<string, HeldRun>();

  constructor(store: Store, clock: Clock, retry: StoreRetry, leaseMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#retry = retry;
    this.#leaseMs = leaseMs;
  }

  add(claim: Claim): HeldRun {
    const held = { run: claim.run, epoch: claim.epoch, abort: new AbortController(), deliver: undefined };
    this.#held.set(claim.run, held);
    return held;
  }

  remove(held: HeldRun): void {
    if (this.#held.get(held.run) === held) this.#held.delete(held.run);
  }

  /** Drivers get what came for their runs. */
  async handOverMail(app: string, worker: string): Promise<void> {
    if (this.#held.size === 0) return;
    for (const { run, mail } of await this.#store.unreadMail(app, worker)) this.#held.get(run)?.deliver?.(mail);
  }

  abortAll(): void {
    for (const { abort } of this.#held.values()) abort.abort();
  }

  /** Renews every third of the lease until `stopped` aborts. Never rejects. */
  async renewUntil(stopped: AbortSignal): Promise<void> {
    let next = this.#clock.now() + this.#leaseMs / 3;
    while (!stopped.aborted) {
      await this.#clock.until(next, stopped);
      if (!stopped.aborted) next = await this.#renew();
    }
  }

  /** A failure aborts nothing: whether a lease was lost meanwhile is told by the fence of the next commit. */
  async #renew(): Promise<number> {
    const asked = new Map(this.#held);
    try {
      const now = this.#clock.now();
      const lost = asked.size > 0 ? await this.#store.renew([...asked.values()].map(claimOf), now, this.#leaseMs) : [];
      this.#retry.worked();
      for (const run of lost) asked.get(run)?.abort.abort();
      return now + this.#leaseMs / 3;
    } catch (error) {
      return this.#retry.failed(error);
    }
  }
}

function claimOf({ run, epoch }: HeldRun): { run: string; epoch: number } {
  return { run, epoch };
}
