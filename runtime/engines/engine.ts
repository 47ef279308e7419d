/**
 * The boundary between a client and a system that runs its functions by itself.
 *
 * A store is passive: workers of ours claim runs from it, keep their leases and their timers. An engine owns all of that:
 * it decides where and when a run goes on, and a worker only hosts the code. What clients ask is the same of both.
 */

import type { ClientStore } from "../client-store.ts";
import type { Clock } from "../clock.ts";
import type { DriveRun, Logger } from "../engine/contract.ts";
import type { KeptRuns } from "../pruning.ts";
import type { RetrySchedule } from "../retry.ts";
import type { RegisteredFunction } from "../types.ts";
import type { Worker, WorkerOptions } from "../worker.ts";

/** What an engine is given of the client that uses it. */
export interface EngineParts {
  readonly app: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly drive: DriveRun;
  readonly retryDelay: RetrySchedule;
  /** All functions of the app. */
  readonly functions: () => readonly RegisteredFunction[];
  /** What is kept of ended runs; undefined is all. */
  readonly kept?: KeptRuns | undefined;
}

/** An engine as one client uses it. */
export interface AttachedEngine extends ClientStore {
  /**
   * Called when a function is registered.
   *
   * @throws BackstitchError when the engine cannot do what the function asks for
   */
  accept(fn: RegisteredFunction): void;
  /** Makes a worker, which hosts the functions once it is started. */
  worker(options: WorkerOptions): Worker;
}

/** Runs the functions of clients. Made by `restate({ … })` of "backstitch/restate". */
export interface Engine {
  /** @internal Called once by each client that is given it. */
  attach(parts: EngineParts): AttachedEngine;
}
