/**
 * Group commit: the turns of many runs in one transaction.
 *
 * Commits of one tick go to the store together; while a batch is being written the next one gathers. A store that fails
 * is tried again for as long as the worker lives, so that an outage costs time and no work. Because one bad commit could
 * fail its whole batch for ever, the commits of a failed batch are tried one by one, and one that still fails after the
 * store has taken others is given up: its run is claimed again later and quarantined if that repeats.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Commit, CommitResult, Store } from "./store.ts";
import type { StoreRetry } from "./store-retry.ts";

const largestBatch = 256;
const triesAlone = 3;

interface Entry {
  readonly commit: Commit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
  /** Failed tries; an entry that failed once is written alone. */
  failures: number;
  /** Value of `#writtenBatches` at its first failure. */
  writtenAtFailure: number;
}

export class GroupCommit {
  readonly #store: Pick<Store, "commit" | "writesElsewhere">;
  readonly #clock: Clock;
  readonly #retry: StoreRetry;
  readonly #closed: AbortSignal;
  readonly #queue: Entry[] = [];
  #writing = false;
  #writtenBatches = 0;

  /** @param closed when it aborts, waiting commits are rejected */
  constructor(store: Pick<Store, "commit" | "writesElsewhere">, clock: Clock, retry: StoreRetry, closed: AbortSignal) {
    this.#store = store;
    this.#clock = clock;
    this.#retry = retry;
    this.#closed = closed;
  }

  /** Resolves when the commit is durable or fenced. Rejects when the worker closes, or the store refuses this commit. */
  commit(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ commit, resolve, reject, failures: 0, writtenAtFailure: 0 });
      if (this.#writing) return;
      this.#writing = true;
      setImmediate(() => void this.#writeQueue());
    });
  }

  async #writeQueue(): Promise<void> {
    let goOn = () => {};
    while (this.#queue.length > 0 && !this.#closed.aborted) {
      const written = this.#write(this.#nextBatch());
      if (this.#store.writesElsewhere) {
        // Runs that go on may take the thread for long, and this batch is to be on its way before.
        await nextTurn();
        goOn();
        goOn = await written;
      } else (await written)();
    }
    goOn();
    this.#writing = false;
    if (this.#closed.aborted) {
      for (const entry of this.#queue.splice(0)) entry.reject(new Error("the worker has stopped; nothing was written"));
    }
  }

  #nextBatch(): Entry[] {
    const firstFailed = this.#queue.findIndex((entry) => entry.failures > 0);
    const count = firstFailed === 0 ? 1 : firstFailed === -1 ? this.#queue.length : firstFailed;
    return this.#queue.splice(0, Math.min(count, largestBatch));
  }

  /** Gives what lets the runs of the batch go on. */
  async #write(batch: readonly Entry[]): Promise<() => void> {
    try {
      const results = await this.#store.commit(batch.map((entry) => entry.commit));
      this.#writtenBatches += 1;
      this.#retry.worked();
      return () => {
        for (const [index, entry] of batch.entries()) entry.resolve(results[index] as CommitResult);
      };
    } catch (error) {
      const nextTry = this.#retry.failed(error);
      this.#queue.push(...batch.filter((entry) => this.#mayTryAgain(entry, batch.length === 1, error)));
      await this.#clock.until(nextTry, this.#closed);
      return () => {};
    }
  }

  #mayTryAgain(entry: Entry, alone: boolean, error: unknown): boolean {
    if (entry.failures === 0) entry.writtenAtFailure = this.#writtenBatches;
    entry.failures += 1;
    const storeWorks = this.#writtenBatches > entry.writtenAtFailure;
    if (!alone || entry.failures <= triesAlone || !storeWorks) return true;
    entry.reject(error);
    return false;
  }
}
