/**
 * What is shown of runs, kept in a store that has indexes for it. Workers put what changes as it changes, many runs at a time;
 * what is lost on the way is found by looking at Restate's tables from time to time.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../engine/contract.ts";
import type { ProjectedRun, RunPage, RunQuery, Store } from "../../store.ts";
import { StoreRetry } from "../../store-retry.ts";
import type { Tables } from "./tables.ts";

/** Where views are kept, and how often they are held to Restate's own. */
export interface ProjectionSettings {
  readonly store: Store;
  readonly reconcileMs: number;
  /** Opens the store, once for all who use it. */
  readonly open: () => Promise<void>;
  /** Closes it if it is open. */
  readonly close: () => Promise<void>;
}

/** How long changes are gathered. */
const gatherMs = 50;
/** Runs at once. */
const batchSize = 200;
/** Clocks of workers may differ by so much, and a call may take so long. */
const marginMs = 300_000;

export class Projection {
  readonly #app: string;
  readonly #settings: ProjectionSettings;
  readonly #clock: Clock;
  readonly #retry: StoreRetry;
  /** The newest of each run that has changed. */
  readonly #changed = new Map<string, ProjectedRun>();
  #flushing: Promise<void> | undefined;

  constructor(app: string, settings: ProjectionSettings, clock: Clock, logger: Logger) {
    this.#app = app;
    this.#settings = settings;
    this.#clock = clock;
    this.#retry = new StoreRetry("the projection of runs,", clock, logger);
  }

  /** Undefined when all of it has never been there. */
  async runs(query: RunQuery): Promise<RunPage | undefined> {
    await this.#settings.open();
    const { store } = this.#settings;
    const asOf = await store.projection.asOf(this.#app);
    return asOf === undefined ? undefined : { ...(await store.listRuns(query)), asOf };
  }

  /** Once all that was noted is put. */
  async close(): Promise<void> {
    await this.#flushing;
    await this.#settings.close();
  }

  /** Nobody waits for it. */
  note(run: ProjectedRun): void {
    this.#changed.set(run.id, run);
    this.#flushing ??= this.#flush();
  }

  /** What fails is left to whoever looks at all of it. */
  async #flush(): Promise<void> {
    await pause(gatherMs);
    while (this.#changed.size > 0) {
      const batch = [...this.#changed.values()].slice(0, batchSize);
      for (const { id } of batch) this.#changed.delete(id);
      await this.#perform(() => this.#settings.store.projection.put(this.#app, batch));
    }
    this.#flushing = undefined;
  }

  /** Until the signal aborts. What was noted is put then. */
  async keepUp(tables: Tables, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const nextTry = await this.#perform(() => this.reconcile(tables));
      await this.#clock.until(nextTry ?? this.#clock.now() + this.#settings.reconcileMs, stopped);
    }
    await this.#flushing;
  }

  /** Puts all that has changed since it was whole, or everything. */
  async reconcile(tables: Tables): Promise<void> {
    await this.#settings.open();
    const { projection } = this.#settings.store;
    const now = this.#clock.now();
    const from = ((await projection.asOf(this.#app)) ?? 0) - marginMs;
    for (let after = ""; ; ) {
      const runs = await tables.changed(Math.max(from, 0), after, batchSize);
      await projection.put(
        this.#app,
        runs.filter(({ status }) => status !== "moving"),
      );
      const last = runs.at(-1);
      if (last === undefined || runs.length < batchSize) break;
      after = last.id;
    }
    await projection.put(this.#app, [], now);
  }

  /** Gives when to try again what failed. */
  async #perform(work: () => Promise<void>): Promise<number | undefined> {
    try {
      await this.#settings.open();
      await work();
      this.#retry.worked();
      return undefined;
    } catch (error) {
      return this.#retry.failed(error);
    }
  }
}
