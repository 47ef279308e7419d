/**
 * One invocation of a run's object: takes what came, and drives the run until it is parked or the journal is long enough.
 *
 * Each commit of the driver is the result of one action in the journal. An invocation that is tried again takes the commits
 * from there and applies them, without any code of the author's; behind the last of them, the run is loaded from its frame,
 * which costs what any claim costs. So all that is done here must follow from the journal alone, but for what is done within
 * an action.
 */
import type { ObjectContext, RestatePromise, Serde } from "@restatedev/restate-sdk";
import { cancelledUnrun } from "../../engine/ending.ts";
import { encodeThrown } from "../../engine/thrown.ts";
import { BackstitchError } from "../../faults.ts";
import { wholeFrame } from "../../frame-pieces.ts";
import type { Claim, Commit, CommitResult, StoredEvent } from "../../store.ts";
import { apply, end } from "../../stores/memory-runs.ts";
import type { HostParts } from "./host-parts.ts";
import { json, Links } from "./links.ts";
import { type DriveParts, LiveDrive, parkTimeoutMs } from "./live-drive.ts";
import type { CancelMessage, HistoryPiece, Letter, TaskAnswer, TaskMessage } from "./messages.ts";
import { Outgoing } from "./outgoing.ts";
import { projectedOf, type RunRecord, recordKey, recordSerde } from "./record.ts";
import { turnSerde } from "./turn.ts";

/** How long a parked run may wait in memory for a timer: a timer of Restate's costs about as much. */
const holdMs = 20;
/** How long a turn may take before the record is stored beside it, so that it is seen where the run is. */
const showAfterMs = 250;
/** Frames that one invocation journals at most, in characters. */
const longestJournal = 1024 * 1024;
/** Records that a run keeps beside its frame. */
const longestRecent = 32;

/** Key of the id of the invocation that drives the run, or did so last. */
export const holderKey = "holder";
/** Name of the signal that cancels the run of an invocation. */
export const bellName = "cancel";

export class RunInvocation {
  readonly #context: ObjectContext;
  readonly #host: HostParts;
  readonly #links: Links;
  readonly #outgoing: Outgoing;
  readonly record: RunRecord;
  #live: LiveDrive | undefined;
  /** The attempt is given up, or the run was stopped: no code of the author begins any more. */
  #isOver = false;
  /** The commit that was asked for and is not in the journal. */
  #coming: Promise<Commit> | undefined;
  /** To the last commit. */
  #answer: CommitResult = "ok";
  /** The record is stored as it is since the last commit. */
  #isShown = false;
  /** Rung when the run is cancelled while it executes. */
  #bell: RestatePromise<CancelMessage> | undefined;
  #isRung = false;
  #commits = 0;
  #journalled = 0;

  constructor(context: ObjectContext, host: HostParts, record: RunRecord) {
    this.#context = context;
    this.#host = host;
    this.record = record;
    this.#links = new Links(host.app, context);
    this.#outgoing = new Outgoing(this.#links, record);
  }

  /** Begins to wait for what cancels it. */
  async begin(): Promise<void> {
    await this.#outgoing.wait(this.record.waits);
  }

  /** Waits for nothing any more. */
  leaveAll(): void {
    this.#outgoing.leave(this.record.waits);
  }

  /** Puts mail on the run. One that has ended gets none; what waited for it does so no longer. */
  receive(letter: Letter): void {
    this.#outgoing.receive(letter);
  }

  /** What came of an attempt elsewhere makes the run due. One that is not waited for any more changes nothing: false. */
  takes(answer: TaskAnswer): boolean {
    const { record } = this;
    const isIts = (task: { readonly op: number; readonly attempt: number }) =>
      task.op === answer.op && task.attempt === answer.attempt;
    if (record.endedAt !== null || !record.tasks.some(isIts)) return false;
    record.tasks = record.tasks.filter((task) => !isIts(task));
    if (!("refused" in answer)) record.told.push(answer);
    if (record.status === "running") record.wakeAt = answer.endedAt;
    return true;
  }

  /** Drives the run if it is due, and keeps what came of it. */
  async go(now: number): Promise<void> {
    const { record } = this;
    let latest = now;
    const isDue = record.status === "running" && !record.isHeld && record.wakeAt !== null && record.wakeAt <= now;
    if (isDue) latest = await this.#drive();
    await this.keep(latest);
  }

  /** Writes the record, and sets the timer that goes on with the run. */
  async keep(now: number): Promise<void> {
    const { record } = this;
    this.#changed(now);
    if (record.recent.length >= longestRecent) await this.#putAway();
    if (record.status === "running" && !record.isHeld && record.wakeAt !== null) {
      record.token++;
      const to = { service: "run", key: record.id, handler: "wake" } as const;
      this.#links.send(to, { token: record.token }, record.wakeAt - now);
    }
    this.#context.set(recordKey, record, recordSerde);
  }

  /** Whoever keeps what is shown is told. An invocation that is tried again tells the same. */
  #changed(now: number): void {
    const { record } = this;
    record.revision++;
    record.changedAt = Math.max(record.changedAt, now);
    if (record.status !== "moving") this.#host.project?.(projectedOf(record));
  }

  /** Gives the time of the last commit. */
  async #drive(): Promise<number> {
    const { attemptCompletedSignal, id } = this.#context.request();
    attemptCompletedSignal.addEventListener("abort", () => this.#abort(), { once: true });
    this.#context.set(holderKey, id);
    for (;;) {
      const commit = await this.#turn();
      if (commit === undefined) return this.record.updatedAt;
      if (commit === null) {
        this.#isShown = true;
        this.#context.set(recordKey, this.record, recordSerde);
        continue;
      }
      this.#isShown = false;
      this.#commits++;
      this.#journalled += lengthOf(commit);
      apply(this.record, commit);
      this.#spread(commit);
      this.#note(commit);
      this.#answer = await this.#outgoing.sendOut(commit);
      // Whoever sees that it waits must find the wait.
      this.#changed(commit.now);
      if (commit.status === "running" && !commit.release) continue;
      await this.#live?.over();
      return commit.now;
    }
  }

  /** The next commit; null when it takes long; undefined when the run was stopped instead. */
  async #turn(): Promise<Commit | null | undefined> {
    const turn = this.#context.run("turn", () => this.#next(), { serde: turnSerde });
    if (this.#isRung) return turn;
    this.#bell ??= this.#context.signal<CancelMessage>(bellName, json as Serde<CancelMessage>);
    const first = await this.#host.race([
      turn.map((commit) => ({ commit: commit as Commit | null })),
      this.#bell.map((message) => ({ message: message as CancelMessage })),
    ]);
    if ("commit" in first) return first.commit;
    this.#isRung = true;
    const { now, how } = first.message;
    if (!how.unwind) {
      this.#abort();
      await this.stop(first.message);
      return undefined;
    }
    this.receive({ op: 0, kind: "cancel", text: null, receivedAt: now });
    this.#live?.receive(this.record.mail);
    return turn;
  }

  #abort(): void {
    this.#isOver = true;
    this.#live?.abort();
  }

  /** The run ends where it is. */
  async stop({ now, how, tells }: CancelMessage): Promise<void> {
    const { id: run, functionId, event } = this.record;
    const { onCancel } = this.#host.functionOf(functionId) ?? {};
    const told = () => cancelledUnrun({ event, run, functionId }, onCancel, now);
    const serde = json as Serde<StoredEvent[]>;
    const events = tells ? await this.#context.run("tell", told, { serde }) : (how.events ?? []);
    for (const each of events) this.#links.send({ service: "event", key: each.id, handler: "put" }, each);
    end(this.record, "cancelled", now);
    Object.assign(this.record, { tasks: [], told: [] });
    this.#outgoing.cancelled(now);
  }

  /** What was told is recorded, or nobody wanted it; a run that is blocked takes it later. Attempts that begin are sent out. */
  #spread({ steps, status, release, elsewhere = [] }: Commit): void {
    const { record } = this;
    const isTaken = release && status !== "blocked";
    record.told = isTaken
      ? []
      : record.told.filter(({ op, attempt }) => !steps.some((step) => step.op === op && step.attempt === attempt));
    record.tasks.push(...elsewhere);
    const { id: run, functionId, event, joined, createdAt } = record;
    for (const { op, attempt } of elsewhere) {
      const about = { run, functionId, op, attempt, event, joined, createdAt };
      const message: TaskMessage = { ...about, frame: wholeFrame(record.frame ?? "", record.pieces) };
      this.#links.send({ service: "task", handler: "make" }, message);
    }
  }

  #note({ steps }: Commit): void {
    const { record } = this;
    for (const step of steps) record.recent.push({ ...step, seq: record.seq });
    record.steps.clear();
  }

  /** It is there before it is gone here: whoever looks may see it twice, and never not at all. */
  async #putAway(): Promise<void> {
    const { record } = this;
    const piece: HistoryPiece = { number: ++record.putAway, records: record.recent };
    await this.#links.call({ service: "history", key: record.id, handler: "add" }, piece);
    record.recent = [];
  }

  /** Runs only where the journal has no result yet. */
  async #next(): Promise<Commit | null> {
    const fn = this.#host.functionOf(this.record.functionId);
    if (fn === undefined) return this.#unknownFunction();
    if (this.#live === undefined) {
      const lostClaims = await this.#lostClaims();
      // As a drive that is aborted: nobody waits for the commit.
      if (this.#isOver) return new Promise<never>(() => {});
      this.#live = new LiveDrive((host) => this.#host.drive(this.#claim(lostClaims), fn, host), this.#parts());
    }
    this.#coming ??= this.#live.next(this.record.mail, this.#answer);
    const commit = await (this.#isShown ? this.#coming : this.#comesSoon(this.#coming));
    if (commit !== null) this.#coming = undefined;
    return commit;
  }

  /** Behind commits that come from the journal, an attempt before this one was lost, whatever the server knows of it. */
  async #lostClaims(): Promise<number> {
    const lost = await this.#host.lostBefore(this.#context.request(), this.#commits);
    return Math.max(lost, this.#commits > 0 || this.#isShown ? 1 : 0);
  }

  #comesSoon(commit: Promise<Commit>): Promise<Commit | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, showAfterMs, null);
    });
    return Promise.race([commit, late]).finally(() => clearTimeout(timer));
  }

  #claim(lostClaims: number): Claim {
    const { id, functionId, epoch, seq, frame, pieces, event, joined, createdAt, mail, origin, slots } = this.record;
    return {
      ...{ run: id, functionId, epoch, seq, frame, event, lostClaims, createdAt, mail: [...mail] },
      ...(pieces.length > 0 && { pieces }),
      ...(origin && { origin }),
      ...(slots.length > 0 && { slots: slots.map(({ op, granted }) => ({ op, granted })) }),
      ...(joined.length > 0 && { events: [event, ...joined] }),
    };
  }

  #parts(): DriveParts {
    const { clock, logger, retryDelay, recorded, stopping, stepsPerInvocation } = this.#host;
    const isLong = () => this.#commits + 1 >= stepsPerInvocation || this.#journalled >= longestJournal;
    const spread = { running: [...this.record.tasks], ended: [...this.record.told] };
    const draining = () => stopping() || isLong();
    return { clock, logger, retryDelay, recorded, holdMs, parkTimeoutMs, spread, draining };
  }

  #unknownFunction(): Commit {
    const { id: run, functionId, epoch, seq } = this.record;
    const fault = new BackstitchError("BS2103", {
      where: `run ${run}: no function "${functionId}" is registered where it is to go on`,
      fix: "Register it in the worker that is deployed, then call runs.resume().",
    });
    this.#host.logger.error({ err: fault }, `backstitch: run ${run} is blocked`);
    const end = { status: "blocked", label: null, wakeAt: null, release: true, steps: [] } as const;
    return { run, epoch, seq, now: this.#host.clock.now(), error: encodeThrown(fault), ...end };
  }
}

/** Characters of what a commit journals of the frame. */
function lengthOf({ frame = "", pieces = [] }: Commit): number {
  return pieces.reduce((sum, { text }) => sum + text.length, frame.length);
}
