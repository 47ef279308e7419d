/**
 * Runs compiled functions in memory, for tests: the real driver over a store of one run and a virtual clock.
 *
 * Nothing outlives a run, and nothing waits for real time but the callbacks themselves.
 */
import { decode, encode } from "../codec/index.ts";
import type { DriveEnd, Logger, RunnableFunction } from "../engine/contract.ts";
import { BackstitchError } from "../faults.ts";
import { shieldedLogger } from "../logger.ts";
import { driveReceived } from "../receive.ts";
import type { Claim, Commit, RunStatus, StepRecord } from "../store.ts";
import { seededRandom } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Options of a test runtime. */
export interface TestRuntimeOptions {
  /**
   * When the run is dropped from memory and loaded again from its stored text: never (default), whenever it is parked,
   * or at random parks.
   */
  readonly reload?: "never" | "every-park" | "random";
  /** Of the random reloads; the same seed reloads at the same parks. Default 1. */
  readonly seed?: number;
  /** Gets what handlers and the engine log. Default: nothing is printed. */
  readonly logger?: Logger;
}

/** The event that starts the run. */
export interface TestEvent {
  readonly name: string;
  readonly data?: unknown;
  readonly id?: string;
  /** Milliseconds since the epoch, when the virtual clock starts. Default 0. */
  readonly ts?: number;
}

/** One attempt of a step. */
export interface StepCall {
  readonly id: string;
  /** Earlier steps of the run with the same id. */
  readonly index: number;
  /** From 0. */
  readonly attempt: number;
  readonly input: readonly unknown[];
}

export interface TestRunOptions {
  /**
   * Stands in for the steps' callbacks: what it returns or throws is the outcome of the attempt; `real` runs the
   * callback. Failures are then retried as often as the function says, in virtual time. Without it the callbacks run,
   * and nothing is retried.
   */
  readonly steps?: (call: StepCall, real: () => unknown) => unknown;
  /** Told when the handler has ended, with how much of the trace there is. Branches that are left unwind behind that. */
  readonly onHandlerEnd?: (traced: number) => void;
}

/** One attempt that ended. */
export interface TraceEntry {
  /** `step` or `sleep`. */
  readonly kind: string;
  readonly id: string;
  readonly index: number;
  readonly attempt: number;
  readonly outcome: { readonly ok: unknown } | { readonly error: unknown };
}

export interface TestRun {
  /** `running` means that the run is parked and nothing can wake it. */
  readonly status: RunStatus;
  readonly output: unknown;
  /** What failed the run, or a BackstitchError that says why it is blocked or cannot go on. */
  readonly error: unknown;
  /** Attempts in the order in which they ended. */
  readonly trace: readonly TraceEntry[];
  /** How often the run was parked. */
  readonly parks: number;
}

export interface TestRuntime {
  /** Runs a function from its start to its end. Runs do not see one another, and may run beside one another. */
  run(fn: RunnableFunction, event: TestEvent, options?: TestRunOptions): Promise<TestRun>;
}

/**
 * @example
 * const runtime = createTestRuntime({ reload: "every-park" });
 * const { status, output, trace } = await runtime.run(checkout, { name: "cart/paid", data: { cart: 7 } }, {
 *   steps: ({ id }, real) => { if (id === "charge") throw new Error("declined"); return real(); },
 * });
 */
export function createTestRuntime(options: TestRuntimeOptions = {}): TestRuntime {
  const { reload = "never", seed = 1, logger = silent } = options;
  const random = seededRandom(seed);
  const reloads = { never: () => false, "every-park": () => true, random: () => random() < 0.5 }[reload];
  const shielded = shieldedLogger(logger);
  return { run: (fn, event, runOptions) => new MemoryRun(fn, event, reloads, shielded).drive(runOptions) };
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const retryDelay = 1_000;

/** The store's side of one run. */
class MemoryRun {
  readonly #fn: RunnableFunction;
  readonly #clock: VirtualClock;
  readonly #reloads: () => boolean;
  readonly #logger: Logger;
  readonly #trace: TraceEntry[] = [];
  readonly #indexes = new Map<number, number>();
  readonly #used = new Map<string, number>();
  readonly #claim: Claim;
  #last: Commit | undefined;
  #frame: string | null = null;
  #parks = 0;

  constructor(fn: RunnableFunction, event: TestEvent, reloads: () => boolean, logger: Logger) {
    const { id = "event", name, data = {}, ts = 0 } = event;
    this.#fn = fn;
    this.#clock = new VirtualClock(ts);
    this.#reloads = reloads;
    this.#logger = logger;
    this.#claim = {
      run: "run",
      functionId: fn.id,
      epoch: 1,
      seq: 0,
      frame: null,
      event: { id, app: "test", name, data: encode(data), receivedAt: ts },
      lostClaims: 0,
      createdAt: ts,
      mail: [],
    };
  }

  async drive(options: TestRunOptions = {}): Promise<TestRun> {
    // Limits are for runs beside one another.
    const fn = { ...this.#fn, ...(!options.steps && { retries: 0 }), flow: undefined };
    let end = await this.#drive(this.#claim, fn, options);
    // Let go until a time: middleware failed before any code of the run.
    for (
      let wakeAt = this.#last?.wakeAt;
      end === "released" && typeof wakeAt === "number";
      wakeAt = this.#last?.wakeAt
    ) {
      await this.#clock.until(wakeAt);
      end = await this.#drive({ ...this.#claim, frame: this.#frame }, fn, options);
    }
    return { ...this.#result(end === "released"), trace: this.#trace, parks: this.#parks };
  }

  #drive(claim: Claim, fn: RunnableFunction, { steps, onHandlerEnd }: TestRunOptions): Promise<DriveEnd> {
    return driveReceived(claim, fn, {
      clock: this.#clock,
      logger: this.#logger,
      signal: new AbortController().signal,
      holdMs: Number.POSITIVE_INFINITY,
      retryDelay: () => retryDelay,
      draining: () => false,
      commit: async (commit) => {
        this.#last = commit;
        this.#frame = commit.frame ?? this.#frame;
        return "ok";
      },
      reload: () => {
        this.#parks++;
        return this.#reloads();
      },
      ...(onHandlerEnd && { onHandlerEnd: () => onHandlerEnd(this.#trace.length) }),
      onStep: (record) => this.#trace.push(this.#entry(record)),
      ...(steps && {
        script: ({ op, id, attempt, input }, real) => steps({ id, attempt, input, index: this.#index(op, id) }, real),
      }),
    });
  }

  #result(stuck: boolean): Pick<TestRun, "status" | "output" | "error"> {
    const { status = "running", output, error, label } = this.#last ?? {};
    if (!stuck) return { status, output: decoded(output), error: decoded(error) };
    const fault = new BackstitchError("BS2107", {
      where: `function "${this.#fn.id}" is parked at ${JSON.stringify(label)} and has no step, sleep or call under way`,
      fix: "Await something that can end.",
    });
    return { status, output: undefined, error: fault };
  }

  #entry(record: StepRecord): TraceEntry {
    const { op, id, kind, attempt, output, error } = record;
    const outcome = error === undefined ? { ok: decoded(output) } : { error: decoded(error) };
    return { kind, id, index: this.#index(op, id), attempt, outcome };
  }

  /** How many earlier ops have this id. Ops are numbered as they are made and are met here in that order or later. */
  #index(op: number, id: string): number {
    let index = this.#indexes.get(op);
    if (index === undefined) {
      index = this.#used.get(id) ?? 0;
      this.#used.set(id, index + 1);
      this.#indexes.set(op, index);
    }
    return index;
  }
}

function decoded(text: string | undefined): unknown {
  return text === undefined ? undefined : decode(text);
}
