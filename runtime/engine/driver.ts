/**
 * Drives one claimed run: lets its code run until it is parked, commits, begins its ops, delivers what comes of them,
 * until the run ends, sleeps longer than it may be held, is blocked, or is fenced.
 *
 * Everything happens in one loop, one decision at a time, so that at most one commit of the run is under way and every
 * decision sees a settled state. What the world does meanwhile (a callback that ends, an abort) only rings the bell.
 */
import { setImmediate } from "node:timers/promises";
import { CancelledError } from "../errors.ts";
import { BackstitchError } from "../faults.ts";
import type { Claim, Commit, Mail } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { EndedAttempt } from "./attempts.ts";
import { isInterruptible, withhold } from "./cancellation.ts";
import type { DriveEnd, DriveRun, DriverHost, RunnableFunction } from "./contract.ts";
import { frameOf } from "./diagnose.ts";
import { faultOr, followedInVain, leaves, lostItsWorker, neverCameBack, undrivable } from "./driver-faults.ts";
import { cancelled, endingOf, settleEnd } from "./ending.ts";
import { Inputs } from "./inputs.ts";
import { isWholeIn, keepChanges } from "./kept-changes.ts";
import { countLostClaims, failureBefore, isGivenUp, segmentRetryDelay, startRun, tellAttempt } from "./load.ts";
import { migratedText } from "./migrate.ts";
import type { Op } from "./ops.ts";
import { noteLetGo, type StoredPaths, takeLetGo } from "./outer-notes.ts";
import { OutsideWait } from "./outside-wait.ts";
import { RunOwner } from "./owner.ts";
import { preImage, withOp } from "./pre-image.ts";
import { decodeActivation } from "./read-image.ts";
import { Replay } from "./replay.ts";
import { deadlineOf, mayHold, nextDue, wakeTime } from "./schedule.ts";
import { Settling } from "./settling.ts";
import { Slots } from "./slots.ts";
import { encodeThrown } from "./thrown.ts";
import { Turn, withTurn } from "./turn.ts";
import { awaitsOutside, interruptPromises, opsToInterrupt, takesCancellation, unwind } from "./unwinding.ts";

/** After so many claims that were lost on one frame, outcomes are recorded before they are delivered. */
const cautiousAfter = 2;

export const driveRun: DriveRun = (claim, fn, host) => new RunDriver(claim, fn, host).drive();

class RunDriver extends RunOwner {
  readonly #inputs: Inputs;
  readonly #settling: Settling;
  readonly #slots: Slots;
  readonly #replay: Replay | undefined;
  readonly #outside: OutsideWait;
  #activation!: Activation;
  /** Its code is still to be entered. */
  #entering = false;
  /** The last committed frame. */
  #text: string | null;
  #commits: number;
  #label: string | null = null;
  readonly #turn = new Turn();
  #endChecked = false;
  /** The loaded frame is not the stored one any more. */
  #migrated = false;

  constructor(claim: Claim, fn: RunnableFunction, host: DriverHost) {
    super(claim, fn, host);
    this.#text = claim.frame;
    this.#commits = claim.seq;
    this.#inputs = new Inputs(claim.run, host, this.ring);
    this.#slots = new Slots(claim, fn, host);
    this.#settling = new Settling(claim, fn, host, this.#turn, this.#slots);
    this.#replay = Replay.of(claim, host);
    this.#outside = new OutsideWait(fn, host);
  }

  async drive(): Promise<DriveEnd> {
    this.host.signal.addEventListener("abort", this.ring);
    this.#inputs.receive(this.claim.mail);
    this.host.onMail?.((mail) => this.#inputs.receive(mail));
    try {
      return await this.#driveOn();
    } catch (error) {
      if (this.host.signal.aborted) return "fenced";
      return (await this.#block(undrivable(this.run, error))) ?? "blocked";
    } finally {
      this.host.signal.removeEventListener("abort", this.ring);
      this.#inputs.interruptAll(new Error("The worker gave the run up"));
    }
  }

  async #driveOn(): Promise<DriveEnd> {
    const fault = this.#begin() ?? (await this.#replay?.look(this.#activation));
    if (fault) return (await this.#cannotGoOn(fault)) ?? "blocked";
    let end = this.#migrated ? await this.#commitState() : undefined;
    while (!end) end = await this.#advance();
    return end;
  }

  /** What another build may continue is left to it, as long as there is nothing here that only this worker knows. */
  #cannotGoOn(fault: BackstitchError): Promise<DriveEnd | undefined> {
    const left = !this.#inputs.attempting && !this.#turn.hasRecords && leaves(this.run, this.host, fault);
    return left ? this.#commit({ status: "running", wakeAt: 0, release: true }) : this.#block(fault);
  }

  /** Loads the run. A fault says why it cannot go on. */
  #begin(): BackstitchError | undefined {
    const { lostClaims } = this.claim;
    if (isGivenUp(this.claim, this.fn)) return lostItsWorker(this.run, this.fn.id, lostClaims);
    const stored = faultOr(() => this.#text && this.pieces.whole(this.#text));
    const text = stored instanceof BackstitchError ? stored : faultOr(() => migratedText(stored, this, this.fn));
    const fault = text instanceof BackstitchError ? text : this.#load(text, takeLetGo(this.run, this.claim.seq));
    if (fault) return fault;
    this.#migrated = text !== stored;
    if (lostClaims > 0) countLostClaims(this.#activation, lostClaims, this.fn.retries, this.now());
    return undefined;
  }

  /** Makes the activation of a frame, to be entered next. `stored`: this process let it go there, and knows what is in it. */
  #load(text: string | null, stored?: StoredPaths): BackstitchError | undefined {
    const loaded = faultOr(() => (text === null ? startRun(this.fn, this) : decodeActivation(text, this, stored)));
    if (loaded instanceof BackstitchError) return loaded;
    this.#activation = loaded;
    this.#entering = !loaded.closed;
    this.#endChecked = loaded.end !== undefined;
    this.#label = loaded.label();
    this.#replay?.loaded(loaded);
    this.#slots.loaded(loaded);
    return undefined;
  }

  /** One decision. Answers why the drive is over, or undefined to go on. */
  async #advance(): Promise<DriveEnd | undefined> {
    const activation = this.#activation;
    if (this.host.signal.aborted) return "fenced";
    if (activation.blocked) return this.#cannotGoOn(activation.blocked);
    if (activation.running) return this.wait();
    const inVain = activation.closed ? undefined : activation.followedInVain();
    if (inVain) return this.#block(followedInVain(this.run, inVain));
    if (awaitsOutside(activation, this.#outside.hinders)) return this.#beside();
    this.#outside.over();
    if (activation.end && !activation.closed && !this.#entering) {
      const { end } = activation;
      const delay =
        this.#endChecked || end.ok ? undefined : segmentRetryDelay(activation, end.error, this.fn.retries, this.host);
      if (!end.ok && delay !== undefined) return this.#retrySegment(end.error, delay);
      const strayed = activation.cancelling ? undefined : this.#replay?.ended(end);
      if (strayed) return this.#block(strayed);
      const goesOn = this.#unwind();
      if (goesOn) return goesOn.next;
    }
    if (activation.closed) {
      activation.dropWaits();
      if (activation.ops.size === 0) return this.#finish();
    }
    if (this.#turn.open && !this.#entering) return this.#park();
    return this.#proceed();
  }

  /** The run is parked and committed: does what is due, or waits, or lets the run go. */
  async #proceed(): Promise<DriveEnd | undefined> {
    const activation = this.#activation;
    if (this.#deadline() <= this.now()) return this.#cancel();
    if (this.#entering && activation.dueAt <= this.now()) return this.#enter();
    const mail = this.#inputs.takeMail();
    if (mail) return this.#takeMail(mail);
    const ended = this.#inputs.takeEnded();
    if (ended) return this.#takeEnded(ended);
    const settled = this.#entering ? undefined : this.#settleNext();
    if (settled) return settled.outcome;
    const begins = !this.host.draining();
    if (begins && this.#slots.lacks(activation.ops)) return this.#commitState();
    if (begins) for (const op of activation.ops.values()) if (this.#slots.mayStart(op)) this.#inputs.start(op);
    if (this.#inputs.anyEnded) return undefined;
    if (this.#mayHold()) return this.wait(this.host.draining() ? undefined : this.#dueAt());
    return this.#commit({ status: "running", release: true, ...this.#turn.take() });
  }

  /** Delivers what is known of one op, if there is any. */
  #settleNext(): { outcome: Promise<DriveEnd | undefined> | undefined } | undefined {
    const { ops, cancelling } = this.#activation;
    for (const op of ops.values()) if (op.outcome) return { outcome: this.#deliver(op) };
    const recalled = faultOr(() => this.#replay?.recall(this.#activation, this.#settling));
    if (recalled instanceof BackstitchError) return { outcome: this.#block(recalled) };
    if (recalled) return { outcome: this.#settled(recalled) };
    const late = this.#settling.timedOut(ops);
    if (late) return { outcome: this.#settled(late) };
    const op = opsToInterrupt(this.#activation).find(isInterruptible);
    if (op === undefined) {
      this.#turn.open = interruptPromises(this.#activation);
      return this.#turn.open ? { outcome: undefined } : undefined;
    }
    this.#settling.interrupted(op);
    this.#activation.interruptions++;
    if (cancelling) this.#activation.cancelling = { interrupted: true };
    return { outcome: this.#settled(op) };
  }

  async #enter(): Promise<undefined> {
    const { root, attempt } = this.#activation;
    this.#entering = false;
    // A frame that begins has no committed park to come back to, also when its first attempt failed.
    if (root && !root.wasParked) this.#turn.open = true;
    this.#activation.dueAt = 0;
    if (root && attempt > 0) tellAttempt(root, attempt);
    const failure = root && (await failureBefore(root, this.host));
    if (failure === undefined) return this.#activation.enter() as undefined;
    this.#activation.end = failure;
    this.#turn.open = true;
  }

  /** A clean park: the outcomes that led here and the frame become visible at once. */
  async #park(): Promise<DriveEnd | undefined> {
    this.#activation.attempt = 0;
    const strayed = await this.#replay?.park(this.#activation);
    if (strayed) return this.#block(strayed);
    for (const op of opsToInterrupt(this.#activation)) withhold(op);
    const parked = this.#inputs.held(frameOf(this.#activation));
    const whole = typeof parked === "string" && this.whole(this.#activation, parked);
    const edited = whole && faultOr(() => this.#replay?.edited(this.#activation, whole()));
    const frame = edited || parked;
    if (frame instanceof BackstitchError) return (await this.#hindrance()) ? undefined : this.#block(frame);
    const announced = this.#settling.announced(this.#activation);
    const asked = this.#replay?.ready(this.#activation) ? {} : this.#slots.ask(this.#activation.ops);
    const turn = withTurn(this.#turn.close(), announced);
    const end = await this.#commit({ status: "running", frame, ...turn, ...asked, release: !this.#mayHold() });
    if (end || !(edited || this.host.reload?.()) || this.#inputs.attempting) return end;
    const fault = this.#load(this.#text, this.#activation.outer.stored);
    return fault && this.#block(fault);
  }

  /** A frame is in an ordinary await, which may last: what ended is recorded now, and delivered when the run is parked. */
  async #beside(): Promise<DriveEnd | undefined> {
    if (this.#turn.hasRecords) return this.#recordOutcomes();
    const ended = this.#inputs.takeEnded(({ op }) => isWholeIn(this.#text, op, this.#activation));
    if (ended === undefined) return this.#waitOutside();
    const op = this.#activation.ops.get(ended.op);
    if (op === undefined || this.#text === null) return undefined;
    this.#settling.attempted(op, ended, takesCancellation(this.#activation, ended));
    const frame = withOp(this.#text, op, this);
    const turn = this.#turn.close();
    this.#turn.open = true;
    return this.#commit({ status: "running", frame, ...turn });
  }

  readonly #hindrance = () => this.#outside.hindrance(this.#activation);

  #waitOutside(): Promise<DriveEnd | undefined> {
    const anyInput = this.#inputs.anyMail || this.#inputs.anyEnded;
    const until = this.#outside.until(this.#activation, anyInput, this.#deadline(), this.now());
    return until === "over" ? this.#block(neverCameBack(this.run, this.#activation)) : this.wait(until?.at, until?.by);
  }

  /** The code went into an ordinary await, or may not be trusted to come back: what was delivered is recorded first. */
  #recordOutcomes(): Promise<DriveEnd | undefined> {
    this.#turn.open = true;
    return this.#commit({ status: "running", ...this.#turn.fallback, ...this.#turn.take() });
  }

  async #takeEnded(ended: EndedAttempt): Promise<DriveEnd | undefined> {
    const op = this.#activation.ops.get(ended.op);
    if (op === undefined) return undefined;
    this.#settling.attempted(op, ended, takesCancellation(this.#activation, ended));
    return op.outcome ? this.#settled(op, ended) : this.#commitState();
  }

  #takeMail(mail: Mail): Promise<DriveEnd | undefined> | undefined {
    this.#turn.consume(mail);
    if (mail.kind === "cancel") return this.#cancel();
    if (mail.kind === "slot") return void this.#slots.told(mail);
    const op = this.#activation.ops.get(mail.op);
    if (op === undefined || op.outcome) return undefined;
    const fault = faultOr(() => this.#settling.mailed(op, mail));
    return fault instanceof BackstitchError ? this.#cannotGoOn(fault) : this.#settled(op);
  }

  /** From now on the run unwinds. One that has not begun has nothing to unwind. */
  #cancel(): Promise<DriveEnd | undefined> | undefined {
    const activation = this.#activation;
    if (activation.end || activation.cancelling) return undefined;
    if (this.#text === null) return this.#finish(cancelled(this.claim, this.fn, this.now()));
    activation.cancelling = {};
    this.#tellAttempts();
    return this.#commitState();
  }

  /** Attempts for which what waits is interrupted are told, and may settle. */
  #tellAttempts(): void {
    for (const { number } of opsToInterrupt(this.#activation)) this.#inputs.interrupt(number, new CancelledError());
  }

  /** An op has its outcome: the pre-image is taken, then the code gets it. */
  async #settled(op: Op, ended?: EndedAttempt): Promise<DriveEnd | undefined> {
    // Behind the end of the handler, code that nothing waits for goes on between two commits.
    const known = this.#inputs.mayHaveChanged || this.#activation.end ? null : this.#text;
    const before = preImage(this.#activation, known, op, ended, this.host);
    const hindrance = before instanceof BackstitchError && (await this.#hindrance());
    if (hindrance) return hindrance === "over" ? this.#settled(op, ended) : undefined;
    if (before instanceof BackstitchError) return this.#blockWithOutcome(before, op);
    this.#turn.before = before;
    if (this.#entering) return this.#commitState();
    if (this.claim.lostClaims >= cautiousAfter) {
      const end = await this.#recordOutcomes();
      if (end) return end;
    }
    return this.#deliver(op);
  }

  #deliver(op: Op): undefined {
    this.#turn.open = true;
    if (!this.#turn.hasBefore) this.#turn.before = this.#text ?? undefined;
    if (op.outcome) this.#activation.deliver(op, op.outcome);
  }

  /** Commits the state as it is, without anything delivered. */
  async #commitState(): Promise<DriveEnd | undefined> {
    const frame = this.#inputs.held(frameOf(this.#activation));
    const hindrance = frame instanceof BackstitchError && (await this.#hindrance());
    if (hindrance) return hindrance === "over" ? this.#commitState() : undefined;
    if (frame instanceof BackstitchError) return this.#block(frame);
    const asked = this.#slots.ask(this.#activation.ops);
    return this.#commit({ status: "running", frame, ...this.#turn.close(), ...asked, release: !this.#mayHold() });
  }

  /** The segment is tried again from its last frame, after the callbacks that run beside it. */
  async #retrySegment(error: unknown, delay: number): Promise<DriveEnd | undefined> {
    if (this.#inputs.running) return this.wait();
    const failed = this.#activation;
    this.logger.warn({ err: error }, `backstitch: run ${this.run} is tried again in ${delay} ms: its code threw`);
    const fault = this.#load(this.#turn.before ?? this.#text);
    if (fault) return this.#block(fault);
    keepChanges(this.#inputs, failed, this.#activation);
    this.#activation.attempt = failed.attempt + 1;
    this.#activation.dueAt = this.now() + delay;
    return this.#commitState();
  }

  /** The handler has ended: how what is left of the run goes on. A run of which nothing does is closed. */
  #unwind(): { next: Promise<DriveEnd | undefined> | undefined } | undefined {
    if (!this.#endChecked) {
      this.#endChecked = true;
      this.host.onHandlerEnd?.(this.#activation.ops.size > 0);
      settleEnd(this.#activation, this.run, this.fn.id);
    }
    if (this.#outside.goesOn(this.#activation)) return { next: setImmediate(undefined) };
    const state = unwind(this.#activation);
    if (state === "over") {
      this.#activation.close();
      return undefined;
    }
    this.#tellAttempts();
    if (state === "begins") this.#turn.open = true;
    return { next: state === "begins" ? undefined : this.#turn.open ? this.#park() : this.#proceed() };
  }

  #finish(ending = endingOf(this.#activation, this.claim, this.fn, this.now())): Promise<DriveEnd | undefined> {
    return this.#commit({ ...withTurn(this.#turn.take(), ending), label: null, wakeAt: null, release: true }, "ended");
  }

  /** Out of band: user code never sees why. What was delivered and not committed is kept for when the run resumes. */
  #block(fault: BackstitchError): Promise<DriveEnd | undefined> {
    const fallback = this.#turn.hasRecords && this.#turn.fallback;
    this.logger.error({ err: fault }, `backstitch: run ${this.run} is blocked`);
    const body = { error: encodeThrown(fault), ...fallback, ...this.#turn.take() };
    return this.#commit({ status: "blocked", ...body, wakeAt: null, release: true }, "blocked");
  }

  /** The state around the outcome cannot be stored: the outcome is put on the last committed frame. */
  #blockWithOutcome(fault: BackstitchError, op: Op): Promise<DriveEnd | undefined> {
    if (this.#text !== null) this.#turn.before = withOp(this.#text, op, this);
    return this.#block(fault);
  }

  /** `then` is why the drive is over once this is committed. No copies that begin with another object: slow on Node 20. */
  async #commit(body: Pick<Commit, "status"> & Partial<Commit>, then?: DriveEnd): Promise<DriveEnd | undefined> {
    const { run, epoch } = this.claim;
    const label = (body.status === "running" ? this.#activation?.label() : null) ?? this.#label;
    const wakeAt =
      body.wakeAt === undefined ? wakeTime(this.#activation, this.#inputs, this.#dueAt(), this.now()) : body.wakeAt;
    const pieces = body.frame && this.pieces.toCommit(body.frame, this.#activation.growth);
    const commit = { run, epoch, seq: this.#commits, now: this.now(), label, wakeAt, release: false, steps: [] };
    const result = await this.host.commit(Object.assign(commit, body, pieces, this.#slots.take()));
    if (result === "fenced") return "fenced";
    this.#commits += 1;
    this.#slots.answered(result);
    this.#label = label;
    if (body.frame !== undefined) this.#text = body.frame;
    // There is none when nothing here could load the run.
    const stored = body.release && body.status === "running" && this.#activation?.outer.stored;
    if (stored) noteLetGo(run, this.#commits, stored);
    return then ?? (body.release ? "released" : undefined);
  }

  #mayHold(): boolean {
    return mayHold(this.#inputs, this.#dueAt(), this.host);
  }

  #deadline(): number {
    return deadlineOf(this.#activation, this.claim, this.fn, this.#text === null && this.#entering);
  }

  #dueAt(): number | undefined {
    if (this.#replay?.ready(this.#activation)) return this.now();
    return nextDue(this.#activation, this.#slots, this.#entering, this.#deadline(), this.now());
  }
}
