/** Runs as people and programs ask for them: `client.runs`. */
import type { Clock } from "./clock.ts";
import { decode } from "./codec/index.ts";
import type { RunnableFunction } from "./engine/contract.ts";
import { cancelledUnrun } from "./engine/ending.ts";
import { BackstitchError } from "./faults.ts";
import { checkInteger, checkKeys } from "./options.ts";
import type { RunStatus, RunView, Store, StoredStep } from "./store.ts";
import type { Run, StepAttempt } from "./types.ts";

/** Which runs `runs.list()` gives. */
export interface ListOptions {
  readonly functionId?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** Most runs to give, 1 to 1,000. Default 50. */
  readonly limit?: number | undefined;
  /** Id of the last run of the page before. */
  readonly before?: string | undefined;
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

/** The runs of one client. Each method opens the store when it is not open, and throws BS2005 when there is none. */
export class Runs {
  readonly #app: string;
  readonly #clock: Clock;
  readonly #functionOf: (id: string) => RunnableFunction | undefined;
  readonly #store: () => Promise<Store>;

  /** @internal Made by the client. */
  constructor(
    app: string,
    clock: Clock,
    store: () => Promise<Store>,
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
   * Runs, newest first. In place of a value that cannot be read (its class is not registered, its key is missing) stands
   * the `DecodeError` that says why, so that one run does not hide the others.
   *
   * @example const failed = await client.runs.list({ functionId: "add-data", status: "failed", limit: 10 });
   */
  async list(options: ListOptions = {}): Promise<Run[]> {
    checkKeys(options, ["functionId", "status", "limit", "before"], "runs.list()");
    const { functionId, status, before, limit = 50 } = options;
    checkInteger(limit, "limit", { least: 1, most: 1_000 }, "runs.list()");
    const store = await this.#store();
    const views = await store.listRuns({
      app: this.#app,
      limit,
      ...(functionId === undefined ? {} : { functionId }),
      ...(status === undefined ? {} : { status }),
      ...(before === undefined ? {} : { before }),
    });
    return views.map((view) => toRun(view, decodedOrWhy));
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
   * @param options `mode: "stop"` ends it where it is: none of its code runs any more, but for attempts that run now
   * @returns false when it had ended already or this client has none of that id
   * @throws BackstitchError BS2013 when an option is wrong
   * @example await client.runs.cancel(run.id);
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<boolean> {
    checkKeys(options, ["mode"], "runs.cancel()");
    const mode = checkedMode(options.mode);
    const view = await this.#view(id);
    if (view === undefined) return false;
    const { functionId } = view;
    const now = this.#clock.now();
    return (await this.#store()).cancel(id, now, {
      unwind: mode === "unwind",
      events: cancelledUnrun({ event: view.event, run: id, functionId }, this.#functionOf(functionId)?.onCancel, now),
    });
  }

  /**
   * Lets a blocked run go on from where it is, once what blocked it has been put right: the code that parked it is
   * deployed again, a service is reachable. A worker takes it at its next look.
   *
   * @returns false when it is not blocked or this client has none of that id
   * @example for (const { id } of await client.runs.list({ status: "blocked" })) await client.runs.resume(id);
   */
  async resume(id: string): Promise<boolean> {
    const view = await this.#view(id);
    if (view === undefined) return false;
    return (await this.#store()).resume(id, this.#clock.now());
  }

  /**
   * The attempts of a run's steps and sleeps, in order; none when this client has no run of that id. In place of a value
   * that cannot be read stands the `DecodeError` that says why.
   */
  async steps(id: string, options: StepsOptions = {}): Promise<StepAttempt[]> {
    checkKeys(options, ["after", "limit"], "runs.steps()");
    const { after, limit } = options;
    if ((await this.#view(id)) === undefined) return [];
    const page = { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
    return (await (await this.#store()).listSteps(id, page)).map(toStepAttempt);
  }

  /** Runs of other apps in the same store are hidden. */
  async #view(id: string): Promise<RunView | undefined> {
    const view = await (await this.#store()).getRun(id);
    return view?.app === this.#app ? view : undefined;
  }
}

function toRun(view: RunView, read = decode): Run {
  const { id, functionId, status, label, event, wakeAt, createdAt, updatedAt, endedAt } = view;
  return {
    id,
    functionId,
    status,
    label,
    event: { id: event.id, name: event.name, data: read(event.data), ts: event.receivedAt },
    output: decoded(view.output, read),
    error: decoded(view.error, read),
    wakeAt,
    createdAt,
    updatedAt,
    endedAt,
  };
}

function toStepAttempt({ input, output, error, ...step }: StoredStep): StepAttempt {
  const shown = (text: string | undefined) => decoded(text, decodedOrWhy);
  return { ...step, input: shown(input), output: shown(output), error: shown(error) };
}

function decoded(text: string | null | undefined, read: (text: string) => unknown): unknown {
  return text === null || text === undefined ? undefined : read(text);
}

function decodedOrWhy(text: string): unknown {
  try {
    return decode(text);
  } catch (error) {
    return error;
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
