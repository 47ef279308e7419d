/**
 * A run loaded in this process: its frames, its unfinished ops, and the counters that tell when nothing of it is running.
 *
 * The activation never throws through user code: what is wrong with the run itself ends up in `blocked`, and the await
 * that met it stays pending. Dropping an activation needs no clean-up: a dropped async stack runs no `finally`.
 */

import type { CodecExtension } from "../codec/index.ts";
import { SafeMap, SafeSet, SafeWeakMap, SafeWeakSet, Sharing } from "../codec/index.ts";
import { BackstitchError, type BackstitchErrorCode, type FaultDetails } from "../faults.ts";
import type { CodeInfo } from "../manifest.ts";
import type { BackstitchEvent } from "../types.ts";
import { ambientActivation, continues } from "./ambient.ts";
import { BoundRecords } from "./bound.ts";
import { Call } from "./call.ts";
import type { CallOrigin } from "./call-frame.ts";
import type { Cancelling } from "./cancellation.ts";
import { errorsOf, isError } from "./causes.ts";
import { ClosureRecords, type LocalRecord } from "./closures.ts";
import type { Logger } from "./contract.ts";
import { DetachedFrame } from "./detached-frame.ts";
import { Frame, type FrameOrigin } from "./frame.ts";
import { GivenArguments } from "./given.ts";
import { ArrayGrowth } from "./growth.ts";
import { Handle, type Waiter } from "./handle.ts";
import { Handling } from "./handling.ts";
import { isWait, type Op, OpMaker } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { OuterValues } from "./outer.ts";
import { ProxyRecords } from "./proxies.ts";
import { Reaction, type Reactions } from "./reactions.ts";
import { type CompiledCode, codeOf, type RegisteredCode, referenceTo, referredCode } from "./registry.ts";
import { Rollbacks } from "./rollbacks.ts";
import type { RunPieces } from "./run-pieces.ts";
import type { StepMap } from "./step-map.ts";
import { TemplateRecords } from "./templates.ts";
import { isObject } from "./thenables.ts";
import { makeTools, type Tools } from "./tools.ts";

/** What an activation needs from its driver. */
export interface ActivationOwner {
  readonly run: string;
  /** What `createFunction` was given. */
  readonly handler: object;
  readonly logger: Logger;
  readonly app: string;
  /** Further properties of the handler's context. */
  readonly extension?: Readonly<Record<string, unknown>> | undefined;
  /** A middleware is around events that are sent. */
  readonly wrapsSend: boolean;
  /** Nobody but the code of the run has hold of what it is given. */
  readonly ownsArguments: boolean;
  now(): number;
  /**
   * Fresh copies of the events that started the run, as its code sees them.
   *
   * @throws BackstitchError BS2104 when one cannot be read
   */
  events(): readonly [BackstitchEvent, ...BackstitchEvent[]];
  /**
   * What the handler is given, made anew.
   *
   * @param isNew whether the run begins, so that middleware has a part in it
   * @throws BackstitchError BS2104 when an event cannot be read
   */
  context(tools: Tools, isNew: boolean): object;
  /** Something changed: the activation may have stopped, blocked or ended. */
  ring(): void;
  /** Where the texts of arrays that grow are kept, for who stores them apart. */
  readonly pieces?: RunPieces | undefined;
}

export class Activation {
  readonly owner: ActivationOwner;
  readonly tools: Tools;
  /** Unfinished calls. */
  readonly frames = new SafeSet<Frame>();
  /** Derived handles and maps that still have something to do, whether anybody waits for them or not. */
  readonly reactions = new SafeSet<Working>();
  /** Closures that can be stored, and values that are made again. */
  readonly closures = new ClosureRecords(this);
  readonly locals = new SafeWeakMap<object, LocalRecord>();
  /** Values that do not show of what they were made. */
  readonly proxies = new ProxyRecords(this);
  readonly bound = new BoundRecords(this);
  readonly templates = new TemplateRecords(this);
  /** Values of the modules whose code the run uses. */
  readonly outer = new OuterValues();
  readonly rollbacks = new Rollbacks(this);
  readonly handling = new Handling();
  /** The first job of two that go on with a segment; the second is its code. */
  readonly goOn = (): void => continues(this);
  /** How its values are encoded, once they were. */
  extensions: readonly CodecExtension[] | undefined;
  /** From one text of this activation to the next. */
  readonly sharing = new Sharing();
  readonly growth: ArrayGrowth | undefined;
  /** The arguments of the handler. */
  readonly given = new GivenArguments(this);
  lastOp = 0;
  lastFrame = 0;
  /** Number of the newest registration with a handle. */
  lastWait = 0;
  /** Number of the newest closure or local value. */
  lastMade = 0;
  /** Attempt of the segment that runs or comes next, from 0. */
  attempt = 0;
  /** When the run began; 0 when nobody asks. */
  startedAt = 0;
  /** When the segment is to be tried again: milliseconds since the epoch. */
  dueAt = 0;
  /** Of a loaded run: who waits for what, in the order in which they are to be attached. */
  waits: readonly Wait[] = [];
  root: Frame | undefined;
  /** How far a cancellation has come; undefined when there is none. */
  cancelling: Cancelling | undefined;
  /** Number of the newest op when the handler ended; 0 before. */
  lastOpOfHandler = 0;
  /** How often a branch was interrupted. */
  interruptions = 0;
  /** Promises that were asked how they have settled, and whether all are to be asked, see `settled-promises.ts`. */
  heard: object[] = [];
  hearsAll = false;
  /** How the handler ended. */
  end: Outcome | undefined;
  blocked: BackstitchError | undefined;
  readonly #committedErrors = new SafeWeakSet<Error>();
  /** Unsettled handles for which code that is not compiled waits. */
  readonly #followed = new SafeSet<Handle>();
  /** Callbacks of its steps that have begun and not ended, those included of which nobody waits for the end any more. */
  callbacks = 0;
  #ops = new SafeMap<number, Op>();
  #running = 0;
  readonly #outside: string[] = [];
  #closed = false;

  constructor(owner: ActivationOwner) {
    this.owner = owner;
    this.growth = owner.pieces && new ArrayGrowth(owner.pieces);
    this.tools = makeTools(this);
  }

  /** Ops that were not delivered, by number. */
  get ops(): ReadonlyMap<number, Op> {
    return this.#ops;
  }

  /** Code of a frame is running. */
  get running(): boolean {
    return this.#running > 0;
  }

  /** A frame is in an ordinary await. */
  get outside(): boolean {
    return this.#outside.length > 0;
  }

  /** The labels of these awaits. */
  get outsideAt(): readonly string[] {
    return this.#outside;
  }

  /** No code of the run goes on any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The handler has ended, and so has what unwinds behind it. */
  close(): void {
    this.#closed = true;
  }

  /** Starts the handler, or enters every frame again at its place, and has everybody wait as before. */
  enter(): void {
    for (const frame of [...this.frames]) if (frame.waiting === undefined) frame.enter();
    for (const { handle, waiter } of this.waits) {
      if (waiter instanceof Frame) waiter.enter();
      else handle.attach(waiter);
    }
    this.waits = [];
  }

  /** The code of a call has ended. */
  callEnded(frame: Frame, outcome: Outcome): void {
    this.frames.delete(frame);
    frame.call.settle(outcome);
    if (frame !== this.root) return;
    this.end = outcome;
    this.root = undefined;
  }

  /** A call of compiled code, to be entered. */
  newCall(code: CompiledCode, args: readonly unknown[], origin: FrameOrigin): Frame {
    return new Frame(this, code, args, origin);
  }

  /** A call by the callback of a step. */
  newDetached(info: CodeInfo, args: readonly unknown[], origin: CallOrigin): DetachedFrame {
    return new DetachedFrame(this, info, args, origin);
  }

  /** The handle that `source.then(…)` makes in compiled code. */
  derive(source: Handle, method: string, reactions: Reactions): Handle {
    const handle = new Handle(`the \`${method}\` of ${source.what}`, this);
    handle.isPromise = source.isPromise;
    new Reaction(handle, source, reactions).waitFor(source);
    return handle;
  }

  /** What the build said of the handler. */
  get handlerInfo(): CodeInfo | undefined {
    return codeOf(this.owner.handler)?.info;
  }

  /** The loaded code of a reference. The run's own handler comes first: another module may have a function of its id. */
  code(reference: string): RegisteredCode | undefined {
    const own = codeOf(this.owner.handler);
    return own?.info.code === reference ? own : referredCode(this.owner.handler, reference);
  }

  /** How the run's frames name code. */
  reference(info: CodeInfo): string {
    const own = codeOf(this.owner.handler)?.info;
    // A handler that stands in another module is a helper of it, whose name helpers of others may have.
    return own?.code === info.code && own.hash === info.hash ? info.code : referenceTo(info);
  }

  /** Whether it is a handle of this run. Others are ordinary promises here. */
  owns(value: unknown): value is Handle {
    return isObject(value) && Handle.is(value) && value.activation === this;
  }

  /** Registers with a handle that is not settled. */
  wait(handle: Handle, waiter: Waiter): void {
    waiter.since = ++this.lastWait;
    handle.addWaiter(waiter);
  }

  /** Code that is not compiled waits for a handle. That cannot be stored, so the run must not be parked meanwhile. */
  followedNatively(handle: Handle): void {
    this.#followed.add(handle);
    const settled = () => {
      this.#followed.delete(handle);
    };
    handle.promise.then(settled, settled);
    // The handle may be one of a run that is all but parked.
    this.owner.ring();
  }

  /** For what code that is not compiled waits in vain: it cannot settle before the run is parked. */
  followedInVain(): Handle | undefined {
    for (const handle of this.#followed) if (!this.outside || needsPark(handle)) return handle;
    return undefined;
  }

  started(): void {
    this.#running++;
  }

  stopped(): void {
    if (--this.#running === 0) this.owner.ring();
  }

  wentOutside(label: string): void {
    this.#outside.push(label);
    this.stopped();
  }

  cameBack(label: string): void {
    this.#running++;
    this.#outside.splice(this.#outside.indexOf(label), 1);
  }

  addOp(op: Op): void {
    this.#ops.set(op.number, op);
  }

  /** Settles the handle of an op and forgets the op. Once the run is closed, no code hears of it. */
  deliver(op: Op, outcome: Outcome): void {
    this.#forget(op);
    if (this.closed) {
      op.handle.outcome = outcome;
      return;
    }
    if (!outcome.ok) this.noteCommitted(outcome.error);
    op.handle.settle(outcome);
  }

  /** The handler has ended: nobody is left to be woken. What is still to be announced is, first. */
  dropWaits(): void {
    for (const op of this.ops.values()) if (isWait(op) && !op.announcement && !op.outcome) this.#forget(op);
  }

  /**
   * An empty map is replaced: one that shrinks leaves its old table behind, which keeps the new one alive through minor
   * collections, and so each table of a long run of single steps.
   */
  #forget(op: Op): void {
    if (this.#ops.size === 1 && this.#ops.has(op.number)) this.#ops = new SafeMap();
    else this.#ops.delete(op.number);
  }

  /** Code read this from what is committed. If it is an error, throwing it or its cause cannot be helped by a retry. */
  noteCommitted(value: unknown): void {
    if (isError(value)) for (const error of errorsOf(value)) this.#committedErrors.add(error);
  }

  isCommitted(error: Error): boolean {
    return this.#committedErrors.has(error);
  }

  /** Labels where the run is parked, outermost function first. Of a deep recursion the middle is left out. */
  label(): string | null {
    const labels: string[] = [];
    for (let frame = this.root; frame?.waiting; frame = callBelow(frame.waiting)) labels.push(frame.place.label);
    if (labels.length === 0) return null;
    if (labels.length > 2 * shownLabels) labels.splice(shownLabels, labels.length - 2 * shownLabels, "…");
    return labels.join(" > ");
  }

  /** The first fault is the one reported; later ones follow from it. */
  block(code: BackstitchErrorCode, details: FaultDetails): void {
    this.blocked ??= new BackstitchError(code, details);
    this.owner.ring();
  }

  usedOutsideCompiledCode(what: string): void {
    this.block("BS2101", {
      where: `${what} was called in run ${this.owner.run}, ${ambientActivation() ? "by code of another run" : "outside compiled code or inside a step's callback"}`,
      fix: "Call tools only in compiled functions: give the function a parameter of type `Step` or `Context`, or wrap it in durable(). A step inside a step's callback must move out of it.",
    });
  }

  /** Re-entry met something else than the way to its label: the code is not the one that parked the run. */
  strayed(frame: Pick<Frame, "info" | "place">, met: string): void {
    this.block("BS2106", {
      where: `${frame.info.code} was to go on at "${frame.place.label}" and came to "${met}"`,
      fix: "The function was changed under the run. Deploy the code that parked the run, or cancel the run.",
    });
  }
}

export interface Wait {
  readonly handle: Handle;
  readonly waiter: Waiter;
}

/** What an activation must store although nobody may wait for it. */
type Working = Reaction | StepMap;

/** Labels shown at either end of a deep recursion. */
const shownLabels = 10;

/** The call that a wait comes down to, through derived handles and combinations. */
function callBelow(handle: Handle): Frame | undefined {
  const seen = new SafeSet<Handle>();
  for (let at: Handle | undefined = handle; at && !seen.has(at); at = at.maker?.awaited()[0]) {
    if (at.maker instanceof Call) return at.maker.frame;
    seen.add(at);
  }
  return undefined;
}

/** Whether a handle comes down to ops: these begin, and are delivered, only when the run is parked. */
function needsPark(handle: Handle, seen = new SafeSet<Handle>()): boolean {
  if (handle.maker instanceof OpMaker) return true;
  if (seen.has(handle)) return true;
  seen.add(handle);
  const awaited = handle.maker?.awaited() ?? [];
  return awaited.length > 0 && awaited.every((other) => needsPark(other, seen));
}
