/** Runs as people and programs ask for them: `client.runs`. */

import { type BulkOptions, type BulkResult, forAll } from "./bulk-runs.ts";
import type { ClientStore } from "./client-store.ts";
import type { Clock } from "./clock.ts";
import { type ForkOptions, fork, type RerunOptions, rerun } from "./derive-runs.ts";
import type { RunnableFunction } from "./engine/contract.ts";
import { cancelledUnrun } from "./engine/ending.ts";
import { BackstitchError } from "./faults.ts";
import { checkInteger, checkKeys } from "./options.ts";
import { checkedKept, type Kept, pruneAll, type Removed } from "./pruning.ts";
import { ownSteps } from "./recorded.ts";
import { errorsLookedAt, hasError, type ListOptions, nextOf, type RunFilter, searchOf } from "./run-filter.ts";
import { historyOf, type RunHistory } from "./run-history.ts";
import { type RunState, stateOf } from "./run-state.ts";
import { shown, toRun, toStepAttempt } from "./run-views.ts";
import type { RunView } from "./store.ts";
import type { Run, StepAttempt } from "./types.ts";

/** Runs, newest first. A page may be short, or empty, and not be the last one. */
export interface RunsPage {
  readonly runs: readonly Run[];
  /** What to give as `before` for the page that follows; undefined when there is none. */
  readonly next: string | undefined;
  /** Of an engine with a projection: all that had become of the runs until then is shown, and some of what came later. */
  readonly asOf?: number;
}

/** How `runs.cancel()` ends a run. */
export interface CancelOptions {
  /** Default `unwind`. */
  readonly mode?: "unwind" | "stop" | undefined;
}

/** How `runs.wait()` waits. */
export interface WaitOptions {
  /** Milliseconds to wait at most. Default: without end. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds between two looks, 1 to 60,000. Default 100. */
  readonly pollMs?: number | undefined;
}

/** Which attempts `runs.steps()` gives. */
export interface StepsOptions {
  /** Number of the last op of the page before. */
  readonly after?: number | undefined;
  /** Most ops to give. Default: all. */
  readonly limit?: number | undefined;
}

const longestTime = 2 ** 48;
/** Runs that are read at once. */
const pageSize = 200;

/** The runs of one client. Each method opens the store when it is not open, and throws BS2005 when there is none. */
export class Runs {
  readonly #app: string;
  readonly #clock: Clock;
  readonly #functionOf: (id: string) => RunnableFunction | undefined;
  readonly #store: () => Promise<ClientStore>;

  /** @internal Made by the client. */
  constructor(
    app: string,
    clock: Clock,
    store: () => Promise<ClientStore>,
    functionOf: (id: string) => RunnableFunction | undefined,
  ) {
    this.#app = app;
    this.#functionOf = functionOf;
    this.#clock = clock;
    this.#store = store;
  }

  /** The run; undefined when this client has none of that id. */
  async get(id: string): Promise<Run | undefined> {
    const view = await this.#view(id);
    return view && toRun(view);
  }

  /**
   * Runs, newest first. Looks on until it has as many as it may give, or has seen them all.
   * In place of a value that cannot be read (its class is not registered, its key is missing) stands the `DecodeError`
   * that says why, so that one run does not hide the others.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example const failed = await client.runs.list({ functionId: "add-data", status: "failed", limit: 10 });
   */
  async list(options: ListOptions = {}): Promise<Run[]> {
    const { limit = 50 } = options;
    const found: Run[] = [];
    let before = options.before;
    do {
      const page = await this.#page(
        { ...options, limit: found.length === 0 ? limit : limit - found.length, before },
        "runs.list()",
      );
      found.push(...page.runs.map(toRun));
      before = page.next;
    } while (before !== undefined && found.length < limit);
    return found;
  }

  /**
   * Runs, newest first, with where to go on. It looks at a bounded number of runs, so that a search in a large database
   * never takes long: a page may be empty, and not be the last.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example const { runs, next } = await client.runs.page({ label: "charge", createdFrom: "2030-01-02" });
   */
  async page(options: ListOptions = {}): Promise<RunsPage> {
    const { runs, next, asOf } = await this.#page(options, "runs.page()");
    return { runs: runs.map(toRun), next, ...(asOf !== undefined && { asOf }) };
  }

  /**
   * All runs that a filter means, newest first, a page at a time. Runs that are created meanwhile are left out.
   *
   * @example for await (const run of client.runs.each({ status: "failed", error: "card declined" })) console.log(run.id);
   */
  async *each(filter: RunFilter = {}): AsyncGenerator<Run, void, undefined> {
    let before: string | undefined;
    do {
      const { runs, next } = await this.#page({ ...filter, limit: pageSize, before }, "runs.each()");
      for (const run of runs) yield toRun(run);
      before = next;
    } while (before !== undefined);
  }

  /**
   * Waits until the run has ended or is blocked. It is not an error that it failed: look at `status`.
   *
   * @throws BackstitchError BS2009 when there is no such run, BS2010 when the time is over
   * @example const run = await client.runs.wait(id, { timeoutMs: 60_000 });
   */
  async wait(id: string, options: WaitOptions = {}): Promise<Run> {
    checkKeys(options, ["timeoutMs", "pollMs"], "runs.wait()");
    const { timeoutMs = longestTime, pollMs = 100 } = options;
    if (timeoutMs !== Infinity) checkInteger(timeoutMs, "timeoutMs", { least: 0, most: longestTime }, "runs.wait()");
    checkInteger(pollMs, "pollMs", { least: 1, most: 60_000 }, "runs.wait()");
    const deadline = this.#clock.now() + timeoutMs;
    for (;;) {
      const view = await this.#view(id);
      if (view === undefined) throw unknownRun(id, this.#app);
      if (view.status !== "running") return toRun(view);
      const now = this.#clock.now();
      if (now >= deadline) throw notInTime(view, timeoutMs);
      await this.#clock.until(Math.min(now + pollMs, deadline), undefined);
    }
  }

  /**
   * Cancels a run. By default it unwinds: attempts that run are told by their signal and may settle, every other await
   * throws `CancelledError`, and what stands in `catch` and `finally` runs as durable code; then the run ends as cancelled.
   * A run that has not begun, or is blocked, ends at once.
   *
   * @param options `mode: "stop"` ends it where it is, also one that unwinds: none of its code runs any more, but for
   *   attempts that run now
   * @returns false when nothing changes: it had ended, or it unwinds already
   * @throws BackstitchError BS2009 when there is no such run, BS2013 when an option is wrong
   * @example await client.runs.cancel(run.id);
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<boolean> {
    checkKeys(options, ["mode"], "runs.cancel()");
    const mode = checkedMode(options.mode);
    const view = await this.#known(id);
    const { functionId } = view;
    const now = this.#clock.now();
    const store = await this.#store();
    const unwind = mode === "unwind";
    if (unwind && view.status === "running") {
      const parked = await store.getParked(id);
      if (parked && stateOf(parked).unwinding) return false;
    }
    return store.cancel(id, now, {
      unwind,
      events: cancelledUnrun({ event: view.event, run: id, functionId }, this.#functionOf(functionId)?.onCancel, now),
    });
  }

  /**
   * Lets a blocked run go on from where it is, once what blocked it has been put right: the code that parked it is
   * deployed again, a service is reachable. A worker takes it at its next look.
   *
   * @returns false when it is not blocked
   * @throws BackstitchError BS2009 when there is no such run
   * @example for (const { id } of await client.runs.list({ status: "blocked" })) await client.runs.resume(id);
   */
  async resume(id: string): Promise<boolean> {
    await this.#known(id);
    return (await this.#store()).resume(id, this.#clock.now());
  }

  /**
   * Runs a function again for the same event, in a new run; the old one stays as it is. With `from`, the steps made before
   * that one get their recorded outcomes and are not executed again; the code between them is.
   *
   * @returns the new run
   * @throws BackstitchError BS2009 when there is no such run, BS2051 when it has no such step, BS2053 when the input is wrong
   * @example await client.runs.rerun(run.id, { from: "charge", input: [{ amount: 12 }] });
   */
  async rerun(id: string, options: RerunOptions = {}): Promise<Run> {
    const view = await this.#known(id);
    return this.#made(await rerun(await this.#store(), view, options, this.#clock.now()));
  }

  /**
   * Parts from a run: a new one goes on from a copy of its stored frame, where it is parked now, with some variables set.
   * With `at`, it goes on from a step that has ended, as `rerun` with `from` does. The old run stays as it is.
   *
   * @returns the new run
   * @throws BackstitchError BS2009 when there is no such run, BS2051 when it has no such step, BS2052 or BS2053 when a slot
   *   is wrong, BS2054 when it is not parked, or waits for what only one run can wait for
   * @example await client.runs.fork(run.id, { slots: [{ name: "address", value: "Elm Street 1" }] });
   */
  async fork(id: string, options: ForkOptions = {}): Promise<Run> {
    const view = await this.#known(id);
    return this.#made(await fork(await this.#store(), view, options, this.#clock.now()));
  }

  /**
   * Cancels all runs that a filter means, of those that have not ended. Ones that are created meanwhile are left out.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example const { matched } = await client.runs.cancelAll({ functionId: "digest", label: "wait" }, { dryRun: true });
   */
  async cancelAll(filter: RunFilter, options: BulkOptions & CancelOptions = {}): Promise<BulkResult> {
    const { mode, dryRun } = options;
    checkKeys(options, ["mode", "dryRun"], "runs.cancelAll()");
    const runs = this.each({ ...filter, status: filter.status ?? ["running", "blocked"] });
    return forAll(runs, { dryRun }, (id) => this.cancel(id, { mode }));
  }

  /**
   * Lets all blocked runs go on that a filter means.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example await client.runs.resumeAll({ error: "BS2103" });
   */
  async resumeAll(filter: RunFilter, options: BulkOptions = {}): Promise<BulkResult> {
    checkKeys(options, ["dryRun"], "runs.resumeAll()");
    return forAll(this.each({ ...filter, status: filter.status ?? "blocked" }), options, (id) => this.resume(id));
  }

  /**
   * Reruns all runs that a filter means, failed ones unless it says otherwise.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example await client.runs.rerunAll({ createdFrom: "2030-01-02", error: "timeout" }, { from: "charge" });
   */
  async rerunAll(filter: RunFilter, options: BulkOptions & RerunOptions = {}): Promise<BulkResult> {
    const { dryRun, ...rest } = options;
    return forAll(this.each({ ...filter, status: filter.status ?? "failed" }), { dryRun }, (id) =>
      this.rerun(id, rest),
    );
  }

  /**
   * Forks all runs that a filter means, where they are parked or at one step.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example await client.runs.forkAll({ label: "ship" }, { slots: [{ name: "carrier", value: "other" }] });
   */
  async forkAll(filter: RunFilter, options: BulkOptions & ForkOptions = {}): Promise<BulkResult> {
    const { dryRun, ...rest } = options;
    const status = filter.status ?? (rest.at === undefined ? ["running", "blocked"] : undefined);
    return forAll(this.each({ ...filter, status }), { dryRun }, (id) => this.fork(id, rest));
  }

  /**
   * All that is known of a run: attempts with inputs, outputs and errors, what is under way, the runs that it started, its
   * reruns and forks. It is read as a whole: `eachStep()` reads a run with very many steps page by page.
   *
   * @throws BackstitchError BS2009 when there is no such run
   * @example const { steps, pending } = await client.runs.history(run.id);
   */
  async history(id: string): Promise<RunHistory> {
    const view = await this.#known(id);
    return historyOf(await this.#store(), view);
  }

  /**
   * Where a run is parked, with its variables; undefined when it has ended.
   *
   * @throws BackstitchError BS2009 when there is no such run
   * @example const { frames } = (await client.runs.state(run.id)) ?? { frames: [] };
   */
  async state(id: string): Promise<RunState | undefined> {
    await this.#known(id);
    const parked = await (await this.#store()).getParked(id);
    return parked && stateOf(parked);
  }

  /**
   * The attempts of a run's steps and sleeps, in order. Behind `after`, all that come before it are counted for the `index`;
   * whoever reads all of a run with very many steps uses `eachStep`.
   *
   * @throws BackstitchError BS2009 when there is no such run
   */
  async steps(id: string, options: StepsOptions = {}): Promise<StepAttempt[]> {
    checkKeys(options, ["after", "limit"], "runs.steps()");
    const { after, limit } = options;
    await this.#known(id);
    const page = { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
    return (await (await this.#store()).listSteps(id, page)).map(toStepAttempt);
  }

  /**
   * All attempts of a run's steps and sleeps that are recorded, in order, read page by page.
   *
   * @throws BackstitchError BS2009 when there is no such run
   * @example for await (const { id, status } of client.runs.eachStep(run.id)) console.log(id, status);
   */
  async *eachStep(id: string): AsyncGenerator<StepAttempt> {
    await this.#known(id);
    for await (const step of ownSteps(await this.#store(), id)) yield toStepAttempt(step);
  }

  /**
   * Removes ended runs that are not to be kept, with their steps, events that no run has, and records of steps of runs that go
   * on. Runs stay whose records others take over: a rerun that has not ended, or a run that went on from a step.
   *
   * @throws BackstitchError BS2012 or BS2013 when an option is wrong
   * @example await client.runs.prune({ age: "30 days", count: 100_000, steps: { count: 10_000 } });
   */
  async prune(kept: Kept): Promise<Removed> {
    const checked = checkedKept(kept, "runs.prune()");
    return pruneAll(await this.#store(), this.#app, checked, this.#clock);
  }

  async #page(
    options: ListOptions,
    where: string,
  ): Promise<{ runs: RunView[]; next: string | undefined; asOf?: number }> {
    const { query, error } = searchOf(this.#app, options, where);
    const store = await this.#store();
    if (error === undefined) {
      const { runs, next, asOf } = await store.listRuns(query);
      return { runs: [...runs], next, ...(asOf !== undefined && { asOf }) };
    }
    const found: RunView[] = [];
    let { before } = query;
    for (let looked = 0; looked < errorsLookedAt; looked += pageSize) {
      const page = await store.listRuns({ ...query, limit: pageSize, ...(before !== undefined && { before }) });
      found.push(...page.runs.filter((run) => hasError(shown(run.error), error)).slice(0, query.limit - found.length));
      before = page.next;
      if (found.length === query.limit || before === undefined) break;
    }
    return { runs: found, next: nextOf(found, query.limit, before) };
  }

  async #known(id: string): Promise<RunView> {
    const view = await this.#view(id);
    if (view === undefined) throw unknownRun(id, this.#app);
    return view;
  }

  async #made(id: string): Promise<Run> {
    return toRun(await this.#known(id));
  }

  /** Runs of other apps in the same store are hidden. */
  async #view(id: string): Promise<RunView | undefined> {
    const view = await (await this.#store()).getRun(id);
    return view?.app === this.#app ? view : undefined;
  }
}

function unknownRun(id: string, app: string): BackstitchError {
  return new BackstitchError("BS2009", {
    where: `client "${app}" has no run "${id}"`,
    fix: "Take the id from runs.list(); the run of an event exists once a worker has seen the event.",
  });
}

function notInTime({ id, functionId, label }: RunView, timeoutMs: number): BackstitchError {
  const at = label === null ? "has not reached its first step" : `is at "${label}"`;
  return new BackstitchError("BS2010", {
    where: `run ${id} of function "${functionId}" ${at} after ${timeoutMs} ms`,
    fix: "Check that a worker with this function is running, or wait longer.",
  });
}

function checkedMode(mode: unknown = "unwind"): "unwind" | "stop" {
  if (mode === "unwind" || mode === "stop") return mode;
  throw new BackstitchError("BS2013", {
    where: `\`mode\` of runs.cancel() is ${String(mode)}`,
    fix: 'Give "unwind", which runs catch and finally, or "stop", which ends the run where it is.',
  });
}
