/**
 * A worker: routes events, claims due runs, drives them and keeps their leases.
 *
 * Owns its claims and timers; the store is the client's. One serial loop looks for work; driving is concurrent. The loop
 * sleeps until the next timer of a run, at most `pollMs`, and is woken at once by a local `send`, by a slot that
 * becomes free, and by work of other processes of which the store hears. It never looks twice without either progress or a pause.
 */
import { setImmediate } from "node:timers/promises";
import type { DriverHost } from "./engine/contract.ts";
import type { EngineParts } from "./engines/engine.ts";
import { BackstitchError } from "./faults.ts";
import { Crons } from "./flow/crons.ts";
import { Throttles } from "./flow/throttle.ts";
import { GroupCommit } from "./group-commit.ts";
import { type HeldRun, HeldRuns } from "./held-runs.ts";
import { LeftEvents } from "./left-events.ts";
import { LeftRuns } from "./left-runs.ts";
import { checkInteger, checkKeys, checkName } from "./options.ts";
import { keepPruning } from "./pruning.ts";
import { outcomesBefore } from "./recorded.ts";
import { routeEvents } from "./route.ts";
import type { Claim, Commit, CommitResult, Store } from "./store.ts";
import { StoreRetry } from "./store-retry.ts";
import { newWorkerIdentity } from "./stores/worker-identity.ts";
import type { RegisteredFunction } from "./types.ts";

/** Options of `client.worker()`. */
export interface WorkerOptions {
  /**
   * Functions that this worker runs. Default: all functions of the client. Whatever is given here, the functions of the
   * client tell which runs an event starts, so every worker process of an app imports all of them.
   */
  readonly functions?: readonly RegisteredFunction[] | undefined;
  /** Runs in memory at once, 1 to 10,000. Default 16. */
  readonly concurrency?: number | undefined;
  /** Milliseconds after which the runs of a worker that fell silent are free for others, 1,000 and up. Default 30,000. */
  readonly leaseMs?: number | undefined;
  /** Longest pause in milliseconds between two looks for work, 1 to 60,000. Default 250. */
  readonly pollMs?: number | undefined;
  /**
   * Milliseconds for which a run that this worker cannot continue, or cannot read, is left to other workers before it is
   * blocked, as long as a deployment may take; 0 to 86,400,000. Default 60,000; 0 blocks it at once.
   */
  readonly leaveMs?: number | undefined;
  /** Names the worker in the log. */
  readonly name?: string | undefined;
}

/** Options of `worker.stop()`. */
export interface StopOptions {
  /** How long in milliseconds running steps may take to finish; then they are aborted. Default 30,000; Infinity waits. */
  readonly timeoutMs?: number | undefined;
}

/** What a worker is given by its client. */
export interface WorkerParts extends EngineParts {
  /** Opens the store at the first call. */
  readonly store: () => Promise<Store>;
  /** Calls back after each local `send`, until the returned function is called. */
  readonly onSend: (listener: () => void) => () => void;
}

/** How long a parked run may wait in memory for a timer. Releasing and claiming it again costs about as much. */
const holdMs = 20;
/** For functions that do not say it. */
const parkTimeoutMs = 300_000;
const defaultStopMs = 30_000;
/** Of all workers, whatever runs their functions. */
export const workerOptionKeys = ["functions", "concurrency", "leaseMs", "pollMs", "leaveMs", "name"];

/** What a started worker works with. */
interface Service {
  readonly store: Store;
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  readonly held: HeldRuns;
  readonly left: LeftRuns;
  readonly leftEvents: LeftEvents;
  readonly commits: GroupCommit;
  readonly crons: Crons;
  readonly throttles: Throttles;
  /** The loop and the renewals; they end after `stop`. */
  readonly loop: Promise<void>;
  readonly renewals: Promise<void>;
  readonly pruning: Promise<void> | undefined;
}

type Working = Omit<Service, "loop" | "renewals" | "pruning">;

/**
 * Runs the functions of a client. Made by `client.worker()`.
 *
 * @example
 * const worker = client.worker({ concurrency: 8 });
 * await worker.start();
 * process.once("SIGTERM", () => void worker.stop().then(() => client.close()));
 */
export interface Worker {
  /** Unique per worker. */
  readonly id: string;
  /**
   * Opens the store, or reaches the engine, and begins to work. A worker starts once; make another to start again. A start
   * that failed may be repeated.
   *
   * @throws BackstitchError BS2005 without a store, BS2014 when it was started before or has no functions
   */
  start(): Promise<void>;
  /**
   * Takes nothing more, lets running steps finish, commits, gives all runs back. Steps that are still running after the
   * time-out are aborted; they are executed again, by another worker. A second call waits for the first.
   *
   * @throws BackstitchError BS2013 when an option is wrong
   */
  stop(options?: StopOptions): Promise<void>;
}

/** A worker that takes its runs from a store. */
export class StoreWorker implements Worker {
  /** Leases are held under it. */
  readonly id = newWorkerIdentity();
  readonly #parts: WorkerParts;
  readonly #options: WorkerOptions;
  readonly #title: string;
  readonly #concurrency: number;
  readonly #leaseMs: number;
  readonly #pollMs: number;
  readonly #leaveMs: number;
  readonly #drives = new Set<Promise<void>>();
  /** Aborts when the worker drains: nothing more is claimed. */
  readonly #draining = new AbortController();
  /** Aborts when it is over: leases are no longer renewed, commits no longer written. */
  readonly #closed = new AbortController();
  /** Ends the pause of the loop. Renewed by the loop. */
  #alarm = new AbortController();
  #service: Promise<Service> | undefined;
  #stopped: Promise<void> | undefined;

  /** @internal Made by `client.worker()`. */
  constructor(parts: WorkerParts, options: WorkerOptions = {}) {
    checkKeys(options, workerOptionKeys, "client.worker()");
    if (options.name !== undefined) checkName(options.name, "name", "client.worker()");
    this.#parts = parts;
    this.#options = options;
    this.#title = options.name === undefined ? "worker" : `worker "${options.name}"`;
    this.#concurrency = checked("concurrency", options.concurrency ?? 16, { least: 1, most: 10_000 });
    this.#leaseMs = checked("leaseMs", options.leaseMs ?? 30_000, { least: 1_000, most: 86_400_000 });
    this.#pollMs = checked("pollMs", options.pollMs ?? 250, { least: 1, most: 60_000 });
    this.#leaveMs = checked("leaveMs", options.leaveMs ?? 60_000, { least: 0, most: 86_400_000 });
  }

  async start(): Promise<void> {
    if (this.#service !== undefined || this.#stopped !== undefined) {
      throw new BackstitchError("BS2014", {
        where: `${this.#title} was started or stopped before`,
        fix: "Make another one with client.worker().",
      });
    }
    this.#service = this.#begin();
    try {
      await this.#service;
    } catch (error) {
      this.#service = undefined;
      throw error;
    }
  }

  async stop(options: StopOptions = {}): Promise<void> {
    const timeoutMs = checkedStop(options);
    this.#stopped ??= this.#end(timeoutMs);
    await this.#stopped;
  }

  async #begin(): Promise<Service> {
    const functions = this.#options.functions ?? this.#parts.functions();
    if (functions.length === 0 || functions.some((fn) => fn?.id === undefined)) {
      throw new BackstitchError("BS2014", {
        where: `${this.#title} of client "${this.#parts.app}" has no functions, or one that is not made yet`,
        fix: "Import the modules that call createFunction() before worker.start(), or give `functions`.",
      });
    }
    const { app, clock, logger, kept } = this.#parts;
    const store = await this.#parts.store();
    const retry = (activity: string) => new StoreRetry(`${this.#title}, ${activity},`, clock, logger);
    const held = new HeldRuns(store, clock, retry("renewing leases"), this.#leaseMs);
    const commits = new GroupCommit(store, clock, retry("committing"), this.#closed.signal);
    const throttles = new Throttles(store, clock, logger);
    const crons = new Crons(store, app);
    const byId = new Map(functions.map((fn) => [fn.id, fn]));
    const left = { left: new LeftRuns(clock, this.#leaveMs), leftEvents: new LeftEvents(this.#leaveMs) };
    const service = { store, functions: byId, held, ...left, commits, crons, throttles };
    const renewals = held.renewUntil(this.#closed.signal);
    const stopped = this.#draining.signal;
    const pruning = kept && keepPruning(store, app, kept, { clock, stopped, retry: retry("removing old runs") });
    return { ...service, renewals, pruning, loop: this.#loop(service, retry("looking for work")) };
  }

  async #end(timeoutMs: number): Promise<void> {
    this.#draining.abort();
    this.#alarm.abort();
    const service = await this.#service?.catch(() => undefined);
    if (service === undefined) return;
    const drained = new AbortController();
    void this.#drained(service).then(() => drained.abort());
    await this.#parts.clock.until(this.#parts.clock.now() + timeoutMs, drained.signal);
    if (this.#drives.size > 0) {
      this.#parts.logger.warn(
        `backstitch: ${this.#title} stops with ${this.#drives.size} runs unfinished; aborting them`,
      );
    }
    this.#closed.abort();
    service.held.abortAll();
    await service.renewals;
  }

  async #drained(service: Service): Promise<void> {
    await Promise.all([service.loop, service.pruning]);
    await Promise.all(this.#drives);
  }

  async #loop(service: Working, retry: StoreRetry): Promise<void> {
    const { app, clock, onSend } = this.#parts;
    const look = () => this.#alarm.abort();
    const subscriptions = [onSend(look), service.store.onWork?.(app, look)];
    while (!this.#draining.signal.aborted) {
      this.#alarm = new AbortController();
      const nextLook = await this.#look(service).then(
        (at) => {
          retry.worked();
          return at;
        },
        (error: unknown) => retry.failed(error),
      );
      // A store may answer without ever leaving the microtask queue: timers, renewals and commits must get their turn.
      await setImmediate();
      await clock.until(nextLook, this.#alarm.signal);
    }
    for (const unsubscribe of subscriptions) unsubscribe?.();
  }

  /** Routes, claims and begins to drive what is due. Gives the time of the next look. */
  async #look(service: Working): Promise<number> {
    const { app, clock, functions, logger } = this.#parts;
    const { store } = service;
    const routable = this.#routable(functions(), service);
    const nextSlot = await service.crons.look(routable, clock.now());
    const moreEvents = await routeEvents(store, app, routable, logger, clock.now(), service.leftEvents);
    await service.held.handOverMail(app, this.id);
    const now = clock.now();
    const limit = this.#concurrency - this.#drives.size;
    const ids = [...service.functions.keys()];
    const request = { app, worker: this.id, ...service.left.among(ids), limit, now, leaseMs: this.#leaseMs };
    const claims = limit > 0 && !this.#draining.signal.aborted ? await store.claim(request) : [];
    for (const claim of claims) this.#track(this.#drive(claim, service));
    if (moreEvents || claims.length > 0) return now;
    const wake = await store.nextWake(app, ids);
    const latest = Math.min(clock.now() + this.#pollMs, nextSlot);
    // A run that was due already when nothing could be claimed is not free; looking again at once would spin.
    return wake === undefined || wake <= now ? latest : Math.min(wake, latest);
  }

  #routable(
    registered: readonly RegisteredFunction[],
    service: Pick<Service, "functions">,
  ): readonly RegisteredFunction[] {
    const own = [...service.functions.values()];
    return [...own, ...registered.filter((fn) => !service.functions.has(fn.id))];
  }

  #track(drive: Promise<void>): void {
    const tracked = drive.finally(() => {
      this.#drives.delete(tracked);
      this.#alarm.abort();
    });
    this.#drives.add(tracked);
  }

  /** Drives one claim to its end. Never rejects: a driver that fails leaves its claim to the end of the lease. */
  async #drive(claim: Claim, service: Working): Promise<void> {
    const fn = service.functions.get(claim.functionId) as RegisteredFunction;
    const held = service.held.add(claim);
    try {
      const host = { leave: () => service.left.leave(claim), ...this.#host(held, service) };
      if (await service.throttles.admits(claim, fn, host.commit)) await this.#parts.drive(claim, fn, host);
    } catch (error) {
      if (held.abort.signal.aborted) return;
      const run = `run ${claim.run} of function "${claim.functionId}"`;
      const told = `backstitch: driving ${run} failed; it is claimed again when its lease ends`;
      this.#parts.logger.error({ err: error }, told);
    } finally {
      service.held.remove(held);
    }
  }

  /** A slot that was given back may be a run's that nobody holds, and so may a signal; who sent one has mail. */
  async #committed(commit: Commit, commits: GroupCommit): Promise<CommitResult> {
    const result = await commits.commit(commit);
    if (commit.giveBack !== undefined || commit.signals !== undefined) this.#alarm.abort();
    return result;
  }

  #host(held: HeldRun, { store, commits }: Pick<Service, "store" | "commits">): DriverHost {
    const { clock, logger, retryDelay } = this.#parts;
    return {
      clock,
      logger,
      retryDelay,
      holdMs,
      parkTimeoutMs,
      signal: held.abort.signal,
      commit: (commit) => this.#committed(commit, commits),
      draining: () => this.#draining.signal.aborted,
      recorded: (origin, ops) => outcomesBefore(store, origin, ops),
      onMail: (deliver) => {
        held.deliver = deliver;
      },
    };
  }
}

/** Milliseconds that running steps may take. @throws BackstitchError BS2013 when an option is wrong */
export function checkedStop(options: StopOptions): number {
  checkKeys(options, ["timeoutMs"], "worker.stop()");
  const timeoutMs = options.timeoutMs ?? defaultStopMs;
  if (timeoutMs !== Infinity) checkInteger(timeoutMs, "timeoutMs", { least: 0, most: 2 ** 31 }, "worker.stop()");
  return timeoutMs;
}

function checked(name: string, value: number, range: { readonly least: number; readonly most: number }): number {
  checkInteger(value, name, range, "client.worker()");
  return value;
}
