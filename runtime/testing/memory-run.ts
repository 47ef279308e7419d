/** The store's side of one run of a test: what is committed, and what is lost when its process dies. */
import { SystemClock } from "../clock.ts";
import { decode, encode } from "../codec/index.ts";
import type { DriveEnd, DriverHost, Logger, RunnableFunction } from "../engine/contract.ts";
import { handledFor } from "../engine/handling.ts";
import { BackstitchError } from "../faults.ts";
import { piecesAfter } from "../frame-pieces.ts";
import { shieldedLogger } from "../logger.ts";
import { driveReceived } from "../receive.ts";
import type { Claim, Commit, CommitResult, StepRecord, StoredEvent } from "../store.ts";
import { Outside } from "./outside.ts";
import { seededRandom } from "./random.ts";
import { isAt, placesOf, scriptOf } from "./script.ts";
import type { TestEvent, TestRun, TestRunOptions, TestRuntimeOptions, TraceEntry } from "./test-run.ts";
import { VirtualClock } from "./virtual-clock.ts";

const retryDelay = 1_000;
const realTime = new SystemClock();

/** A commit that is about to be stored. */
export interface CommitPoint {
  /** From 0. */
  readonly number: number;
  readonly commit: Commit;
  /** The attempts whose outcomes are in it. */
  readonly outcomes: readonly TraceEntry[];
}

/** What runs of one runtime have in common. */
export interface RunParts {
  readonly logger: Logger;
  /** See `TestRuntimeOptions`. */
  readonly parkTimeoutMs: number;
  readonly callbackMs: number;
  /** Asked at every park: whether the run is dropped from memory and loaded again. */
  readonly reloads: () => boolean;
  /** Whether the process dies in front of a commit, or behind it. */
  readonly crash?: (point: CommitPoint) => "before" | "after" | undefined;
  /** Told of each attempt that begins. */
  readonly onBegin?: (attempt: Omit<TraceEntry, "outcome" | "kind">) => void;
  /** Told when the handler has ended, and whether it left ops. */
  readonly onHandlerEnd?: (left: boolean) => void;
  /** Told of each attempt that ended. */
  readonly onEnd?: (attempt: TraceEntry) => void;
  /** Shown each frame of a park as it was written, and as it is written when nothing is known of the last one. */
  readonly onFrame?: DriverHost["onFrame"];
}

/** Of a runtime with these options. */
export function runParts(options: TestRuntimeOptions): RunParts {
  const { reload = "never", seed = 1, logger = silent, parkTimeoutMs = 4_000, callbackMs = 1_000 } = options;
  const random = seededRandom(seed);
  const reloads = { never: () => false, "every-park": () => true, random: () => random() < 0.5 }[reload];
  return { reloads, logger: shieldedLogger(logger), parkTimeoutMs, callbackMs };
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export class MemoryRun {
  readonly #fn: RunnableFunction;
  readonly #parts: RunParts;
  readonly #options: TestRunOptions;
  readonly #clock: VirtualClock;
  readonly #outside: Outside;
  readonly #trace: TraceEntry[] = [];
  readonly #indexes = new Map<number, number>();
  readonly #used = new Map<string, number>();
  /** Ops in the order in which they were met. */
  readonly #met: { readonly op: number; readonly id: string }[] = [];
  /** How much of `#trace` and of `#met` is stored. */
  #stored = { trace: 0, met: 0 };
  readonly #crashes: Set<ReturnType<typeof placesOf>[number]>;
  #claim: Claim;
  #last: Commit | undefined;
  #commits = 0;
  #parks = 0;

  constructor(fn: RunnableFunction, event: TestEvent, parts: RunParts, options: TestRunOptions = {}) {
    const { id = "event", name, data = {}, ts = 0 } = event;
    this.#options = options;
    // Limits are for runs beside one another, and a test waits for less than what is in production.
    this.#fn = { ...fn, ...(!scriptOf(options) && { retries: 0 }), flow: undefined, parkTimeoutMs: undefined };
    this.#parts = parts;
    this.#clock = new VirtualClock(ts, parts.callbackMs);
    this.#crashes = new Set(placesOf(options.crashAt));
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
    this.#outside = new Outside("run", this.#claim.event, options, parts.logger, (started) => this.#invoked(started));
  }

  async drive(): Promise<TestRun> {
    let end = await this.#drive();
    for (;;) {
      if (end === "fenced") this.#forget();
      else if (end !== "released") break;
      else if (this.#outside.mail.length === 0) {
        // Let go until a time: middleware failed before any code of the run.
        const wakeAt = this.#last?.wakeAt;
        if (typeof wakeAt !== "number") break;
        await this.#clock.until(wakeAt);
      }
      end = await this.#drive();
    }
    return { ...this.#result(end === "released"), trace: this.#trace, parks: this.#parks };
  }

  /** One process, until the run ends, is let go, or the process dies. */
  #drive(): Promise<DriveEnd> {
    const { onHandlerEnd } = this.#options;
    const script = scriptOf(this.#options) ?? ((_call: unknown, real: () => unknown) => real());
    const process = new AbortController();
    let deliver: Parameters<NonNullable<DriverHost["onMail"]>>[0] = () => {};
    return driveReceived({ ...this.#claim, mail: [...this.#outside.mail] }, this.#fn, {
      clock: this.#clock,
      logger: this.#parts.logger,
      signal: process.signal,
      holdMs: Number.POSITIVE_INFINITY,
      parkTimeoutMs: this.#parts.parkTimeoutMs,
      // Ordinary awaits take their time, whatever the virtual clock says.
      outsideClock: realTime,
      // What only the frames of large runs have, small ones have here.
      pieceLength: 16,
      retryDelay: () => retryDelay,
      draining: () => false,
      commit: async (commit) => {
        const result = await this.#commit(commit);
        if (result === "fenced") process.abort();
        deliver([...this.#outside.mail]);
        return result;
      },
      reload: () => {
        this.#parks++;
        return this.#parts.reloads();
      },
      onMail: (take) => {
        deliver = take;
      },
      onWait: (op) => this.#outside.named(op, this.#index(op.number, op.id)),
      onHandlerEnd: (left) => {
        this.#parts.onHandlerEnd?.(left);
        onHandlerEnd?.(this.#trace.length);
      },
      onStep: (record) => this.#ended(record),
      ...(this.#parts.onFrame && { onFrame: this.#parts.onFrame }),
      script: ({ op, id, attempt, input }, real) => {
        const call = { id, attempt, input, index: this.#index(op, id) };
        this.#parts.onBegin?.(call);
        this.#clock.began(`${op}/${attempt}`);
        return script(call, real);
      },
    });
  }

  /** Answers "fenced" when the process dies here. */
  async #commit(commit: Commit): Promise<CommitResult> {
    const outcomes = this.#trace.slice(this.#stored.trace);
    const crash = this.#crashAt(outcomes) ?? this.#parts.crash?.({ number: this.#commits++, commit, outcomes });
    if (crash === "before") return "fenced";
    this.#last = commit;
    this.#stored = { trace: this.#trace.length, met: this.#met.length };
    const { frame, pieces = [] } = this.#claim;
    const stored = { frame: commit.frame ?? frame, pieces: piecesAfter(pieces, commit) };
    this.#claim = { ...this.#claim, ...stored, lostClaims: 0 };
    await this.#outside.committed(commit);
    return crash && commit.status === "running" ? "fenced" : "ok";
  }

  #crashAt(outcomes: readonly TraceEntry[]): "before" | undefined {
    for (const place of this.#crashes) {
      if (!outcomes.some((attempt) => isAt(place, attempt))) continue;
      this.#crashes.delete(place);
      return "before";
    }
    return undefined;
  }

  /** The process is gone, and with it what it had not stored. */
  #forget(): void {
    this.#claim = { ...this.#claim, lostClaims: this.#claim.lostClaims + 1 };
    this.#clock.forget();
    this.#trace.length = this.#stored.trace;
    while (this.#met.length > this.#stored.met) {
      const { op, id } = this.#met.pop() as { op: number; id: string };
      this.#indexes.delete(op);
      this.#used.set(id, (this.#used.get(id) ?? 1) - 1);
    }
  }

  /** Undefined for a function that the test does not give. */
  #invoked({ target, name, data, id }: StoredEvent): Promise<TestRun> | undefined {
    const { steps, mock, respond, functions } = this.#options;
    const fn = functions?.find((given) => given.id === target);
    const event = { id, name, data: decode(data), ts: this.#clock.now() };
    const options = { ...(steps && { steps }), ...(mock && { mock }), ...(respond && { respond }) };
    const { logger, reloads, parkTimeoutMs, callbackMs } = this.#parts;
    const parts = { logger, reloads, parkTimeoutMs, callbackMs };
    return fn && new MemoryRun(fn, event, parts, { ...options, functions: functions ?? [] }).drive();
  }

  #result(stuck: boolean): Pick<TestRun, "status" | "output" | "error" | "handling"> {
    const { status = "running", output, error, label } = this.#last ?? {};
    if (!stuck) {
      const failure = decoded(error);
      return { status, output: decoded(output), error: failure, handling: handledFor(failure) };
    }
    const fault = new BackstitchError("BS2107", {
      where: `function "${this.#fn.id}" is parked at ${JSON.stringify(label)} and has no step, sleep or call under way`,
      fix: "Await something that can end.",
    });
    return { status, output: undefined, error: fault, handling: [] };
  }

  #ended({ op, id, kind, attempt, output, error }: StepRecord): void {
    this.#clock.ended(`${op}/${attempt}`);
    const outcome = error === undefined ? { ok: decoded(output) } : { error: decoded(error) };
    const entry = { kind, id, index: this.#index(op, id), attempt, outcome };
    this.#trace.push(entry);
    this.#parts.onEnd?.(entry);
  }

  /** How many earlier ops have this id. Ops are numbered as they are made and are met here in that order or later. */
  #index(op: number, id: string): number {
    let index = this.#indexes.get(op);
    if (index === undefined) {
      index = this.#used.get(id) ?? 0;
      this.#used.set(id, index + 1);
      this.#indexes.set(op, index);
      this.#met.push({ op, id });
    }
    return index;
  }
}

function decoded(text: string | undefined): unknown {
  return text === undefined ? undefined : decode(text);
}
