/**
 * A run loaded in this process: its frames, its unfinished ops, and the counters that tell when nothing of it is running.
 *
 * The activation never throws through user code: what is wrong with the run itself ends up in `blocked`, and the await
 * that met it stays pending. Dropping an activation needs no clean-up: a dropped async stack runs no `finally`.
 */
import { BackstitchError, type BackstitchErrorCode, type FaultDetails } from "../faults.ts";
import { errorsOf } from "./causes.ts";
import { ClosureRecords, type LocalRecord } from "./closures.ts";
import type { Logger } from "./contract.ts";
import { currentFrame, type Frame } from "./frame.ts";
import type { Handle } from "./handle.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { type CompiledCode, codeOf, compiledCode } from "./registry.ts";
import { makeTools, type Tools } from "./tools.ts";

/** What an activation needs from its driver. */
export interface ActivationOwner {
  readonly run: string;
  /** What `createFunction` was given. */
  readonly handler: object;
  readonly logger: Logger;
  now(): number;
  /** Something changed: the activation may have stopped, blocked or ended. */
  ring(): void;
}

export class Activation {
  readonly owner: ActivationOwner;
  readonly tools: Tools;
  /** Unfinished calls. */
  readonly frames = new Set<Frame>();
  /** Ops that were not delivered, by number. */
  readonly ops = new Map<number, Op>();
  /** Closures that can be stored, and values that are made again. */
  readonly closures = new ClosureRecords();
  readonly locals = new WeakMap<object, LocalRecord>();
  lastOp = 0;
  /** Number of the newest closure or local value. */
  lastMade = 0;
  /** Attempt of the segment that runs or comes next, from 0. */
  attempt = 0;
  /** When the segment is to be tried again: milliseconds since the epoch. */
  dueAt = 0;
  root: Frame | undefined;
  /** How the handler ended. */
  end: Outcome | undefined;
  blocked: BackstitchError | undefined;
  readonly #committedErrors = new WeakSet<Error>();
  #running = 0;
  #outside = 0;

  constructor(owner: ActivationOwner) {
    this.owner = owner;
    this.tools = makeTools(this);
  }

  /** Code of a frame is running. */
  get running(): boolean {
    return this.#running > 0;
  }

  /** A frame is in an ordinary await. */
  get outside(): boolean {
    return this.#outside > 0;
  }

  /** Starts the handler, or enters every frame again at its place. */
  enter(root: Frame): void {
    this.root = root;
    // Calls that nobody awaits are entered by themselves; the others by the frame that waits for them.
    const awaited = new Set([...this.frames].map((frame) => frame.waiting));
    const branches = [...this.frames].filter((frame) => !awaited.has(frame.call));
    root.call.addWaiter({ resume: (outcome) => this.#ended(outcome) });
    for (const frame of branches) frame.enter();
  }

  /** The loaded code with this id. The run's own handler comes first: another module may have a function of its id. */
  code(id: string): CompiledCode | undefined {
    const own = codeOf(this.owner.handler);
    return own?.info.code === id ? own : compiledCode(id);
  }

  /** The call that settles this handle; undefined when an op does. */
  callee(handle: Handle): Frame | undefined {
    for (const frame of this.frames) if (frame.call === handle) return frame;
    return undefined;
  }

  started(): void {
    this.#running++;
  }

  stopped(): void {
    if (--this.#running === 0) this.owner.ring();
  }

  wentOutside(): void {
    this.#outside++;
    this.stopped();
  }

  cameBack(): void {
    this.#running++;
    this.#outside--;
  }

  /** Settles the handle of an op and forgets the op. */
  deliver(op: Op, outcome: Outcome): void {
    this.ops.delete(op.number);
    if (!outcome.ok) this.noteCommitted(outcome.error);
    op.handle.settle(outcome);
  }

  /** Code read this from what is committed. If it is an error, throwing it or its cause cannot be helped by a retry. */
  noteCommitted(value: unknown): void {
    if (value instanceof Error) for (const error of errorsOf(value)) this.#committedErrors.add(error);
  }

  isCommitted(error: Error): boolean {
    return this.#committedErrors.has(error);
  }

  /** Labels where the run is parked, outermost function first. */
  label(): string | null {
    const labels: string[] = [];
    for (let frame = this.root; frame?.waiting; frame = this.callee(frame.waiting)) labels.push(frame.place.label);
    return labels.length === 0 ? null : labels.join(" > ");
  }

  /** The first fault is the one reported; later ones follow from it. */
  block(code: BackstitchErrorCode, details: FaultDetails): void {
    this.blocked ??= new BackstitchError(code, details);
    this.owner.ring();
  }

  usedOutsideCompiledCode(what: string): void {
    this.block("BS2101", {
      where: `${what} was called in run ${this.owner.run}, ${currentFrame() ? "by code that awaits it itself" : "outside compiled code or inside a step's callback"}`,
      fix: "Call tools only in compiled functions: give the function a parameter of type `Step` or `Context`, or wrap it in durable(). A step inside a step's callback must move out of it.",
    });
  }

  /** Re-entry met something else than the way to its label: the code is not the one that parked the run. */
  strayed(frame: Frame, met: string): void {
    this.block("BS2106", {
      where: `${frame.info.code} was to go on at "${frame.place.label}" and came to "${met}"`,
      fix: "The function was changed under the run. Deploy the code that parked the run, or cancel the run.",
    });
  }

  #ended(outcome: Outcome): void {
    this.end = outcome;
    this.root = undefined;
  }
}
