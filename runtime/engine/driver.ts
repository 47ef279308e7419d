/**
 * Drives one claimed run: lets its code run until it is parked, commits, begins its ops, delivers what comes of them,
 * until the run ends, sleeps longer than it may be held, is blocked, or is fenced.
 *
 * Everything happens in one loop, one decision at a time, so that at most one commit of the run is under way and every
 * decision sees a settled state. What the world does meanwhile (a callback that ends, an abort) only rings the bell.
 */
import { decode, encode } from "../codec/index.ts";
import { StepError } from "../errors.ts";
import { BackstitchError } from "../faults.ts";
import type { Claim, Commit, StepRecord } from "../store.ts";
import type { Activation, ActivationOwner } from "./activation.ts";
import { type EndedAttempt, startAttempt } from "./attempts.ts";
import { Bell } from "./bell.ts";
import type { DriveEnd, DriveRun, DriverHost, Logger, RunnableFunction } from "./contract.ts";
import { unstorable } from "./diagnose.ts";
import { faultOr, followedInVain, lostItsWorker, undrivable } from "./driver-faults.ts";
import type { Frame } from "./frame.ts";
import { encodeActivation } from "./image.ts";
import {
  countLostClaims,
  failureBefore,
  isFinal,
  nextAttemptOf,
  outputFault,
  segmentRetryDelay,
  startRun,
  tellAttempt,
} from "./load.ts";
import { migratedText } from "./migrate.ts";
import { isDue, type Op } from "./ops.ts";
import { done } from "./outcome.ts";
import { decodeActivation } from "./read-image.ts";
import { attemptRecord, wakeRecord } from "./records.ts";
import { encodeThrown } from "./thrown.ts";
import { closedTurn, type Turn, withOp } from "./turn.ts";

/** After so many claims that were lost on one frame, outcomes are recorded before they are delivered. */
const cautiousAfter = 2;
/** A run is not given up before so many claims were lost, however few retries its function has. */
const leastLostClaims = 4;

export const driveRun: DriveRun = (claim, fn, host) => new RunDriver(claim, fn, host).drive();

type CommitBody = Pick<Commit, "status"> & Partial<Commit>;

class RunDriver implements ActivationOwner {
  readonly run: string;
  readonly handler: object;
  readonly logger: Logger;
  readonly extension: DriverHost["extension"];
  readonly #claim: Claim;
  readonly #fn: RunnableFunction;
  readonly #host: DriverHost;
  readonly #bell = new Bell();
  readonly #inbox: EndedAttempt[] = [];
  #callbacks = 0;
  #activation!: Activation;
  /** Where to enter; undefined once entered. */
  #entry: Frame | undefined;
  /** The last committed frame. */
  #text: string | null;
  #label: string | null = null;
  #turn: Turn = closedTurn();
  #endChecked = false;
  /** The loaded frame is not the stored one any more. */
  #migrated = false;

  constructor(claim: Claim, fn: RunnableFunction, host: DriverHost) {
    this.run = claim.run;
    this.handler = fn.handler;
    this.logger = host.logger;
    this.extension = host.extension;
    this.#claim = claim;
    this.#fn = fn;
    this.#host = host;
    this.#text = claim.frame;
  }

  now(): number {
    return this.#host.clock.now();
  }

  ring(): void {
    this.#bell.ring();
  }

  async drive(): Promise<DriveEnd> {
    const ring = () => this.#bell.ring();
    this.#host.signal.addEventListener("abort", ring);
    try {
      return await this.#driveOn();
    } catch (error) {
      if (this.#host.signal.aborted) return "fenced";
      return (await this.#block(undrivable(this.run, error))) ?? "blocked";
    } finally {
      this.#host.signal.removeEventListener("abort", ring);
    }
  }

  async #driveOn(): Promise<DriveEnd> {
    const fault = this.#begin();
    if (fault) return (await this.#block(fault)) ?? "blocked";
    const stored = this.#migrated ? await this.#commitState() : undefined;
    if (stored) return stored;
    for (;;) {
      const end = await this.#advance();
      if (end) return end;
    }
  }

  /** Loads the run. A fault says why it cannot go on. */
  #begin(): BackstitchError | undefined {
    const { lostClaims } = this.#claim;
    if (lostClaims > Math.max(leastLostClaims, this.#fn.retries)) {
      return lostItsWorker(this.run, this.#fn.id, lostClaims);
    }
    const text = faultOr(() => migratedText(this.#text, this.run, this.#fn));
    const fault = text instanceof BackstitchError ? text : this.#load(text);
    if (fault) return fault;
    this.#migrated = text !== this.#text;
    if (lostClaims > 0) countLostClaims(this.#activation, lostClaims, this.#fn.retries, this.now());
    return undefined;
  }

  /** Makes the activation of a frame, to be entered next. */
  #load(text: string | null): BackstitchError | undefined {
    const loaded = faultOr(() =>
      text === null ? startRun(this.#claim, this.#fn, this) : decodeActivation(text, this),
    );
    if (loaded instanceof BackstitchError) return loaded;
    this.#activation = loaded.activation;
    this.#entry = loaded.root;
    this.#label = loaded.activation.label();
    return undefined;
  }

  /** One decision. Answers why the drive is over, or undefined to go on. */
  async #advance(): Promise<DriveEnd | undefined> {
    const activation = this.#activation;
    if (this.#host.signal.aborted) return "fenced";
    if (activation.blocked) return this.#block(activation.blocked);
    if (activation.running) return this.#wait();
    const inVain = activation.over ? undefined : activation.followedInVain();
    if (inVain) return this.#block(followedInVain(this.run, inVain));
    if (activation.outside && !activation.over) return this.#beside();
    const { end } = activation;
    if (end) {
      const delay = end.ok ? undefined : segmentRetryDelay(activation, end.error, this.#fn.retries, this.#host);
      if (!end.ok && delay !== undefined) return this.#retrySegment(end.error, delay);
      this.#checkEnd();
      activation.dropSleeps();
      if (activation.ops.size === 0) return this.#finish();
    }
    if (this.#turn.open && !this.#entry) return this.#park();
    return this.#proceed();
  }

  /** The run is parked and committed: does what is due, or waits, or lets the run go. */
  async #proceed(): Promise<DriveEnd | undefined> {
    const activation = this.#activation;
    if (this.#entry && activation.dueAt <= this.now()) return this.#enter(this.#entry);
    const ended = this.#inbox.shift();
    if (ended) return this.#take(ended);
    if (!this.#entry) {
      for (const op of activation.ops.values()) if (op.outcome) return this.#deliver(op);
      for (const op of activation.ops.values()) if (isDue(op, this.now()) && op.kind === "sleep") return this.#wake(op);
    }
    if (!this.#host.draining()) {
      for (const op of activation.ops.values()) if (isDue(op, this.now())) this.#startAttempt(op);
    }
    if (this.#inbox.length > 0) return undefined;
    if (this.#mayHold()) return this.#wait(this.#host.draining() ? undefined : this.#dueAt());
    return this.#commit({ status: "running", release: true }, "released");
  }

  async #enter(root: Frame): Promise<undefined> {
    this.#entry = undefined;
    // A frame that begins has no committed park to come back to, also when its first attempt failed.
    if (!root.wasParked) this.#turn.open = true;
    this.#activation.dueAt = 0;
    if (this.#activation.attempt > 0) tellAttempt(root, this.#activation.attempt);
    const failure = await failureBefore(root, this.#host);
    if (failure === undefined) return this.#activation.enter(root) as undefined;
    this.#activation.end = failure;
    this.#turn.open = true;
  }

  /** A clean park: the outcomes that led here and the frame become visible at once. */
  async #park(): Promise<DriveEnd | undefined> {
    this.#activation.attempt = 0;
    const frame = this.#encode();
    if (frame instanceof BackstitchError) return this.#block(frame);
    const { records } = this.#turn;
    this.#turn = closedTurn();
    const release = !this.#mayHold();
    const end = await this.#commit(
      { status: "running", frame, steps: records, release },
      release ? "released" : undefined,
    );
    if (end || !this.#host.reload?.() || this.#callbacks > 0) return end;
    const fault = this.#load(this.#text);
    return fault && this.#block(fault);
  }

  /** A frame is in an ordinary await, which may last: what ended is recorded now, and delivered when the run is parked. */
  async #beside(): Promise<DriveEnd | undefined> {
    if (this.#turn.records.length > 0) return this.#recordOutcomes();
    const ended = this.#inbox.shift();
    if (ended === undefined) return this.#wait();
    const op = this.#activation.ops.get(ended.op);
    if (op === undefined || this.#text === null) return undefined;
    this.#noteAttempt(op, ended);
    const { records } = this.#turn;
    this.#turn = { ...closedTurn(), open: true };
    return this.#commit({ status: "running", steps: records, frame: withOp(this.#text, op, this) });
  }

  /** The code went into an ordinary await, or may not be trusted to come back: what was delivered is recorded first. */
  #recordOutcomes(): Promise<DriveEnd | undefined> {
    const { records, before } = this.#turn;
    this.#turn = { open: true, records: [], before };
    return this.#commit({ status: "running", steps: records, ...(before !== undefined && { frame: before }) });
  }

  #startAttempt(op: Op): void {
    this.#callbacks++;
    startAttempt(op, this.#host, (ended) => {
      this.#callbacks--;
      this.#inbox.push(ended);
      this.#bell.ring();
    });
  }

  async #take(ended: EndedAttempt): Promise<DriveEnd | undefined> {
    const op = this.#activation.ops.get(ended.op);
    if (op === undefined) return undefined;
    this.#noteAttempt(op, ended);
    return op.outcome ? this.#settled(op) : this.#commitState();
  }

  /** What an attempt means for its op: the op has its outcome, or is tried again. */
  #noteAttempt(op: Op, ended: EndedAttempt): void {
    op.running = false;
    const { outcome, retry } = ended;
    const final = outcome.ok || isFinal(retry, op.attempt, this.#fn.retries);
    this.#addRecord(attemptRecord(op, ended, final));
    if (final) {
      op.outcome = outcome.ok ? outcome : { ok: false, error: new StepError(op.id, outcome.error) };
      return;
    }
    op.attempt++;
    op.dueAt = this.now() + nextAttemptOf(retry, op.attempt, this.#host);
  }

  #addRecord(record: StepRecord): void {
    this.#turn.records.push(record);
    this.#host.onStep?.(record);
  }

  #wake(op: Op): Promise<DriveEnd | undefined> {
    op.outcome = done;
    this.#addRecord(wakeRecord(op, this.now()));
    return this.#settled(op);
  }

  /** An op has its outcome: the pre-image is taken, then the code gets it. */
  async #settled(op: Op): Promise<DriveEnd | undefined> {
    const before = this.#encode();
    if (before instanceof BackstitchError) return this.#blockWithOutcome(before, op);
    this.#turn.before = before;
    if (this.#entry) return this.#commitState();
    if (this.#claim.lostClaims >= cautiousAfter) {
      const end = await this.#recordOutcomes();
      if (end) return end;
    }
    return this.#deliver(op);
  }

  #deliver(op: Op): undefined {
    this.#turn.open = true;
    this.#turn.before ??= this.#text ?? undefined;
    if (op.outcome) this.#activation.deliver(op, op.outcome);
  }

  /** Commits the state as it is, without anything delivered. */
  #commitState(): Promise<DriveEnd | undefined> {
    const frame = this.#encode();
    if (frame instanceof BackstitchError) return this.#block(frame);
    const { records } = this.#turn;
    this.#turn = closedTurn();
    const release = !this.#mayHold();
    return this.#commit({ status: "running", frame, steps: records, release }, release ? "released" : undefined);
  }

  /** The segment is tried again from its last frame, after the callbacks that run beside it. */
  async #retrySegment(error: unknown, delay: number): Promise<DriveEnd | undefined> {
    if (this.#callbacks > 0) return this.#wait();
    const attempt = this.#activation.attempt + 1;
    this.logger.warn({ err: error }, `backstitch: run ${this.run} is tried again in ${delay} ms: its code threw`);
    const fault = this.#load(this.#turn.before ?? this.#text);
    if (fault) return this.#block(fault);
    this.#activation.attempt = attempt;
    this.#activation.dueAt = this.now() + delay;
    this.#turn.before = undefined;
    return this.#commitState();
  }

  /** What a run ends with is stored before its last steps finish. An output that cannot be stored fails the run. */
  #checkEnd(): void {
    const { end } = this.#activation;
    if (end === undefined || this.#endChecked) return;
    this.#endChecked = true;
    const error = end.ok ? outputFault(end.value, this.run, this.#fn.id) : decode(encodeThrown(end.error));
    if (error !== undefined) this.#activation.end = { ok: false, error };
    // A copy: the callbacks of the last steps may change what the output was made of.
    else if (end.ok && this.#activation.ops.size > 0) {
      this.#activation.end = { ok: true, value: decode(encode(end.value)) };
    }
  }

  #finish(): Promise<DriveEnd | undefined> {
    const { end } = this.#activation;
    const result: CommitBody = end?.ok
      ? { status: "completed", output: encode(end.value) }
      : { status: "failed", error: encodeThrown(end?.error) };
    return this.#commit({ ...result, label: null, wakeAt: null, steps: this.#turn.records, release: true }, "ended");
  }

  /** Out of band: user code never sees why. What was delivered and not committed is kept for when the run resumes. */
  #block(fault: BackstitchError): Promise<DriveEnd | undefined> {
    const { records, before } = this.#turn;
    const frame = records.length > 0 && before !== undefined ? { frame: before } : {};
    const error = encodeThrown(fault);
    this.logger.error({ err: fault }, `backstitch: run ${this.run} is blocked`);
    return this.#commit({ status: "blocked", error, steps: records, ...frame, wakeAt: null, release: true }, "blocked");
  }

  /** The state around the outcome cannot be stored: the outcome is put on the last committed frame. */
  #blockWithOutcome(fault: BackstitchError, op: Op): Promise<DriveEnd | undefined> {
    if (this.#text !== null) this.#turn.before = withOp(this.#text, op, this);
    return this.#block(fault);
  }

  #encode(): string | BackstitchError {
    try {
      return encodeActivation(this.#activation);
    } catch (error) {
      return unstorable(this.#activation, error);
    }
  }

  /** `then` is why the drive is over once this is committed. */
  async #commit(body: CommitBody, then?: DriveEnd): Promise<DriveEnd | undefined> {
    const { run, epoch } = this.#claim;
    const label = (body.status === "running" ? this.#activation.label() : null) ?? this.#label;
    const wakeAt = body.wakeAt === undefined ? this.#wakeAt() : body.wakeAt;
    const commit = { run, epoch, now: this.now(), label, release: false, steps: [], ...body, wakeAt };
    const result = await this.#host.commit(commit);
    if (result === "fenced") return "fenced";
    this.#label = label;
    if (body.frame !== undefined) this.#text = body.frame;
    return then;
  }

  /** Something keeps the run in this process: a callback, an input, work that is due, or a timer that is near. */
  #mayHold(): boolean {
    if (this.#callbacks > 0 || this.#inbox.length > 0) return true;
    const dueAt = this.#dueAt();
    if (dueAt === undefined || this.#host.draining()) return false;
    return dueAt - this.now() <= this.#host.holdMs;
  }

  /** When the run is to be claimed if its claim ends here. What goes on in this process is lost then, and due at once. */
  #wakeAt(): number | null {
    if (this.#callbacks > 0 || this.#inbox.length > 0 || this.#activation.outside) return this.now();
    return this.#dueAt() ?? null;
  }

  /** When there is something to do next; undefined when only an input can wake the run. */
  #dueAt(): number | undefined {
    const { ops, dueAt } = this.#activation;
    if (this.#entry) return Math.max(dueAt, this.now());
    let earliest: number | undefined;
    for (const op of ops.values()) {
      if (op.running) continue;
      const due = op.outcome ? 0 : op.dueAt;
      if (earliest === undefined || due < earliest) earliest = due;
    }
    return earliest === undefined ? undefined : Math.max(earliest, this.now());
  }

  async #wait(until?: number): Promise<undefined> {
    const stop = new AbortController();
    const timer = until === undefined ? [] : [this.#host.clock.until(until, stop.signal)];
    await Promise.race([this.#bell.wait(), ...timer]);
    stop.abort();
  }
}
