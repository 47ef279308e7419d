/**
 * Activation to text.
 *
 * The image is one graph, so that values shared by slots, arguments, inputs and outcomes stay shared. It lists frames
 * and ops; whoever waits for one names it by its number, so that a recursion may be of any depth. Absent fields have
 * their usual value, which keeps texts short.
 */
import { encode } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import type { CursorImage } from "./cursors.ts";
import { extensionsFor } from "./extensions.ts";
import type { Frame } from "./frame.ts";
import type { Completion } from "./frame-finally.ts";
import { type Handle, ReturnedHandle } from "./handle.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import type { ScopeRecord } from "./scopes.ts";

export const imageFormat = 2;

export interface RunImage {
  readonly format: number;
  readonly lastOp: number;
  readonly lastMade?: number;
  readonly lastFrame?: number;
  readonly attempt?: number;
  readonly dueAt?: number;
  /** Number of the handler's frame; absent once it has ended. */
  readonly root?: number;
  readonly frames?: readonly FrameImage[];
  /** Derived handles and maps that have something to do. */
  readonly work?: readonly Handle[];
  readonly end?: Outcome;
  readonly ops?: readonly OpImage[];
}

export interface FrameImage {
  readonly number: number;
  readonly code: string;
  readonly closure?: object;
  /** Label, absent before the code has begun. */
  readonly at?: string;
  /** Its code has ended; it settles as what it waits for. */
  readonly returned?: true;
  readonly args: readonly unknown[];
  readonly self?: unknown;
  readonly arguments?: object;
  readonly scopes?: Readonly<Record<string, ScopeRecord>>;
  readonly cursors?: Readonly<Record<string, CursorImage>>;
  readonly completions?: Readonly<Record<string, CompletionImage>>;
  /** For what it waits: an op or a call by its number, anything else as a handle. */
  readonly on?: { readonly op: number } | { readonly call: number } | Handle;
  /** Its place among those that wait for the same. */
  readonly since?: number;
}

/** `handle` is what a `return` of a handle left behind. */
export type CompletionImage = { readonly kind: string; readonly value?: unknown; readonly handle?: Handle };

export interface OpImage {
  readonly number: number;
  readonly id: string;
  readonly kind: Op["kind"];
  readonly callback?: unknown;
  readonly input?: readonly unknown[];
  readonly attempt?: number;
  readonly dueAt?: number;
  readonly outcome?: Outcome;
}

/** A frame holds something that is neither a value of the codec nor made by compiled code. */
export class UnstorableLoop extends Error {
  readonly loop: string;

  constructor(loop: string) {
    super(`the loop "${loop}" runs over an iterator that cannot be stored`);
    this.loop = loop;
  }
}

/**
 * The text of a parked activation.
 *
 * @throws NotEncodableError or UnstorableLoop; `unstorable()` in diagnose.ts finds the variable
 */
export function encodeActivation(activation: Activation): string {
  return encode(imageOf(activation), extensionsFor(activation));
}

function imageOf(activation: Activation): RunImage {
  const { root, ops, end, lastOp, lastMade, lastFrame, attempt, dueAt } = activation;
  // Once the handler has ended no code runs any more: what is left to do is in the ops.
  const frames = end ? [] : [...activation.frames].map((frame) => frameImage(activation, frame));
  const work = end ? [] : [...activation.reactions].map(({ handle }) => handle);
  return {
    format: imageFormat,
    lastOp,
    ...(lastMade > 0 && { lastMade }),
    ...(lastFrame > 1 && { lastFrame }),
    ...(attempt > 0 && { attempt }),
    ...(dueAt > 0 && { dueAt }),
    ...(root && { root: root.number }),
    ...(frames.length > 0 && { frames }),
    ...(work.length > 0 && { work }),
    ...(end && { end }),
    ...(ops.size > 0 && { ops: [...ops.values()].map(opImage) }),
  };
}

function frameImage(activation: Activation, frame: Frame): FrameImage {
  const { label, returned } = frame.place;
  const { number, info, args, self, argumentsObject, waiting, since } = frame;
  const image: { -readonly [Key in keyof FrameImage]: FrameImage[Key] } = { number, code: info.code, args };
  if (frame.closure) image.closure = frame.closure;
  if (self !== undefined) image.self = self;
  if (returned) image.returned = true;
  else if (label !== "") image.at = label;
  if (!returned) {
    if (argumentsObject) image.arguments = argumentsObject;
    const scopes = storedScopes(frame);
    if (scopes.length > 0) image.scopes = Object.fromEntries(scopes);
    const cursors = storedCursors(frame);
    if (cursors.length > 0) image.cursors = Object.fromEntries(cursors);
    const open = frame.openCompletions().map(([name, completion]) => [name, completionImage(activation, completion)]);
    if (open.length > 0) image.completions = Object.fromEntries(open);
  }
  if (waiting) {
    const made = waiting.maker?.stored();
    image.on = made && ("op" in made || "call" in made) ? made : waiting;
    if (waiting.shared) image.since = since;
  }
  return image;
}

function completionImage(activation: Activation, { kind, value }: Completion): CompletionImage {
  if (value instanceof ReturnedHandle) return { kind, handle: value.handle };
  activation.noteCommitted(value);
  return value === undefined ? { kind } : { kind, value };
}

/** The current records of the scopes around its label. */
function storedScopes(frame: Frame): [string, ScopeRecord][] {
  const stored: [string, ScopeRecord][] = [];
  for (const path of Object.keys(frame.liveSlots() ?? {})) {
    const record = frame.scopes.get(path);
    if (record) stored.push([path, record]);
  }
  return stored;
}

function storedCursors(frame: Frame): [string, CursorImage][] {
  const stored: [string, CursorImage][] = [];
  for (const [name, cursor] of frame.openCursors()) {
    const image = cursor.image();
    if (image === undefined) throw new UnstorableLoop(name);
    stored.push([name, image]);
  }
  return stored;
}

function opImage(op: Op): OpImage {
  return {
    number: op.number,
    id: op.id,
    kind: op.kind,
    ...(op.callback && { callback: op.callback }),
    ...(op.input.length > 0 && { input: op.input }),
    ...(op.attempt > 0 && { attempt: op.attempt }),
    ...(op.dueAt > 0 && { dueAt: op.dueAt }),
    ...(op.outcome && { outcome: op.outcome }),
  };
}
