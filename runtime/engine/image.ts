/**
 * Activation to text.
 *
 * The image is one graph, so that values shared by slots, arguments, inputs and outcomes stay shared. It lists frames
 * and ops; whoever waits for one names it by its number, so that a recursion may be of any depth. Absent fields have
 * their usual value, which keeps texts short.
 */
import { encode, partsOf } from "../codec/index.ts";
import { type CodeInfo, type GrowingArray, own, type SuspensionKind } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import type { AwaitedImage } from "./awaited-cursors.ts";
import type { Cancelling } from "./cancellation.ts";
import type { CursorImage } from "./cursors.ts";
import { extensionsFor } from "./extensions.ts";
import { kindAt } from "./fit.ts";
import type { Frame } from "./frame.ts";
import type { Completion } from "./frame-finally.ts";
import type { ArrayGrowth } from "./growth.ts";
import { type Handle, ReturnedHandle } from "./handle.ts";
import type { Op, OpOptions } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import type { Resource } from "./resources.ts";
import type { RollbacksImage } from "./rollbacks.ts";
import type { ScopeRecord } from "./scopes.ts";
import { storableThrown } from "./thrown.ts";

/** Frames of format 2 do not say by what code they were written, nor which slots were not initialised. */
export const imageFormat = 3;
export const earliestImageFormat = 2;

export interface RunImage {
  readonly format: number;
  /** Of the handler's code. */
  readonly hash?: string;
  readonly lastOp: number;
  readonly lastMade?: number;
  readonly lastFrame?: number;
  readonly attempt?: number;
  readonly dueAt?: number;
  /** Of a function whose runs may take only so long. */
  readonly startedAt?: number;
  /** How far a cancellation has come. */
  readonly cancelling?: Cancelling;
  /** Number of the handler's frame; absent once it has ended. */
  readonly root?: number;
  readonly frames?: readonly FrameImage[];
  /** Derived handles and maps that have something to do. */
  readonly work?: readonly Handle[];
  readonly interruptions?: number;
  readonly lastOpOfHandler?: number;
  readonly rollbacks?: RollbacksImage;
  readonly end?: Outcome;
  /** No code of it goes on. */
  readonly closed?: true;
  readonly ops?: readonly OpImage[];
}

export interface FrameImage {
  readonly number: number;
  readonly code: string;
  readonly closure?: object;
  /** Label, absent before the code has begun. */
  readonly at?: string;
  /** Kind of the suspension, absent for a step. */
  readonly kind?: SuspensionKind;
  /** Names of the parameters, when the code has some that count. */
  readonly parameters?: readonly string[];
  /** Its code has ended; it settles as what it waits for. */
  readonly returned?: true;
  readonly args: readonly unknown[];
  readonly self?: unknown;
  readonly arguments?: object;
  readonly scopes?: Readonly<Record<string, ScopeRecord>>;
  readonly cursors?: Readonly<Record<string, CursorImage | AwaitedImage>>;
  readonly completions?: Readonly<Record<string, CompletionImage>>;
  readonly resources?: Readonly<Record<string, readonly Resource[]>>;
  /** What the `catch` blocks around its label caught, by their names. */
  readonly caught?: Readonly<Record<string, unknown>>;
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
  readonly options?: OpOptions;
  readonly attempt?: number;
  readonly dueAt?: number;
  readonly madeAt?: number;
  readonly outcome?: Outcome;
}

/** An image whose fields are still to come. */
type Draft<Image> = { -readonly [Key in keyof Image]?: Image[Key] };

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
 * @throws NotEncodableError or UnstorableLoop; `frameOf()` in diagnose.ts finds the variable
 */
export function encodeActivation(activation: Activation): string {
  const { growth, handling, sharing } = activation;
  activation.extensions ??= extensionsFor(activation);
  growth?.begin();
  const text = encode(imageOf(activation), activation.extensions, handling.of, sharing, growth);
  // After a load it holds what has pieces: the next one does not.
  return growth?.isLong ? encodeActivation(activation) : text;
}

/** The same text without anything that is known from the last one, and without pieces. */
export function encodeAnew(activation: Activation): string {
  return encode(imageOf(activation), extensionsFor(activation), activation.handling.of);
}

function imageOf(activation: Activation): object {
  const { root, ops, end, closed, lastOp, lastMade, lastFrame, attempt, dueAt } = activation;
  const { startedAt, cancelling, interruptions, lastOpOfHandler } = activation;
  // No spreads: this is done twice per step, and they are slow.
  const image = partsOf<Draft<RunImage>>();
  image.format = imageFormat;
  const hash = activation.handlerInfo?.hash;
  if (hash !== undefined) image.hash = hash;
  image.lastOp = lastOp;
  if (lastMade > 0) image.lastMade = lastMade;
  if (lastFrame > 1) image.lastFrame = lastFrame;
  if (attempt > 0) image.attempt = attempt;
  if (dueAt > 0) image.dueAt = dueAt;
  if (startedAt > 0) image.startedAt = startedAt;
  if (cancelling) image.cancelling = cancelling;
  if (root) image.root = root.number;
  if (interruptions > 0) image.interruptions = interruptions;
  const rollbacks = activation.rollbacks.stored();
  // Once the run is closed no code runs any more: what is left to do is in the ops.
  if (!closed) {
    if (activation.frames.size > 0) {
      image.frames = Array.from(activation.frames, (frame) => frameImage(activation, frame));
    }
    if (activation.reactions.size > 0) image.work = Array.from(activation.reactions, ({ handle }) => handle);
  }
  if (rollbacks && !closed) image.rollbacks = rollbacks;
  else if (rollbacks?.failures) image.rollbacks = { registered: [], failures: rollbacks.failures };
  if (closed) image.closed = true;
  if (end) image.end = end;
  if (lastOpOfHandler > 0 && !closed) image.lastOpOfHandler = lastOpOfHandler;
  if (ops.size > 0) image.ops = Array.from(ops.values(), opImage);
  return image;
}

function frameImage(activation: Activation, frame: Frame): FrameImage {
  const { label, returned } = frame.place;
  const { number, info, args, self, argumentsObject, waiting, since } = frame;
  const image = partsOf<Draft<FrameImage>>();
  image.number = number;
  image.code = frame.closure ? info.code : activation.reference(info);
  image.args = args;
  if (frame.closure) image.closure = frame.closure;
  if (self !== undefined) image.self = self;
  if (returned) image.returned = true;
  else if (label !== "") {
    image.at = label;
    const kind = kindAt(info, label);
    if (kind !== "step") image.kind = kind;
  }
  if (info.parameters) image.parameters = info.parameters;
  if (!returned) {
    if (argumentsObject) image.arguments = argumentsObject;
    const scopes = storedScopes(frame);
    if (scopes) image.scopes = scopes;
    if (info.grows && activation.growth) noteGrowth(activation.growth, info.grows, label, scopes);
    const cursors = storedCursors(frame);
    if (cursors) image.cursors = cursors;
    const completions = openCompletions(activation, frame);
    if (completions) image.completions = completions;
    const resources = openResources(frame);
    if (resources) image.resources = resources;
    const caught = openCatches(frame);
    if (caught) image.caught = caught;
  }
  if (waiting) {
    const made = waiting.maker?.stored();
    image.on = made && ("op" in made || "call" in made) ? made : waiting;
    if (waiting.shared) image.since = since;
  }
  return image as FrameImage;
}

/** The current records of the scopes around its label. */
function storedScopes(frame: Frame): Record<string, ScopeRecord> | undefined {
  let stored: Record<string, ScopeRecord> | undefined;
  const live = frame.liveSlots();
  for (const path in live) {
    const record = frame.scopes.get(path);
    if (record === undefined) continue;
    stored ??= partsOf<Record<string, ScopeRecord>>();
    stored[path] = record;
  }
  return stored;
}

/** What only grows where the frame is parked. */
function noteGrowth(
  growth: ArrayGrowth,
  grows: NonNullable<CodeInfo["grows"]>,
  label: string,
  scopes: Readonly<Record<string, ScopeRecord>> | undefined,
): void {
  for (const path of Object.keys(grows)) {
    const record = scopes && own(scopes, path);
    const arrays = record && own(grows, path);
    for (const name of arrays ? Object.keys(arrays) : []) {
      const { elements, except } = own(arrays, name) as GrowingArray;
      const array: unknown = Object.getOwnPropertyDescriptor(record, name)?.value;
      if (Array.isArray(array) && !except?.includes(label)) growth.note(array, elements);
    }
  }
}

function storedCursors(frame: Frame): Record<string, CursorImage | AwaitedImage> | undefined {
  let stored: Record<string, CursorImage | AwaitedImage> | undefined;
  for (const [name, cursor] of frame.openCursors()) {
    const image = cursor.image();
    if (image === undefined) throw new UnstorableLoop(name);
    stored ??= partsOf<Record<string, CursorImage | AwaitedImage>>();
    stored[name] = image;
  }
  return stored;
}

function openCompletions(activation: Activation, frame: Frame): Record<string, CompletionImage> | undefined {
  let stored: Record<string, CompletionImage> | undefined;
  for (const [name, completion] of frame.openCompletions()) {
    stored ??= partsOf<Record<string, CompletionImage>>();
    stored[name] = completionImage(activation, completion);
  }
  return stored;
}

function openResources(frame: Frame): Record<string, readonly Resource[]> | undefined {
  let stored: Record<string, readonly Resource[]> | undefined;
  for (const [name, resources] of frame.openResources()) {
    stored ??= partsOf<Record<string, readonly Resource[]>>();
    stored[name] = resources;
  }
  return stored;
}

/** What cannot be stored of an error does not block the run: the code itself may have no use for it. */
function openCatches(frame: Frame): Record<string, unknown> | undefined {
  let stored: Record<string, unknown> | undefined;
  for (const [name, error] of frame.openCatches()) {
    stored ??= partsOf<Record<string, unknown>>();
    stored[name] = storableThrown(error);
  }
  return stored;
}

function completionImage(activation: Activation, { kind, value }: Completion): CompletionImage {
  if (value instanceof ReturnedHandle) return { kind, handle: value.handle };
  activation.noteCommitted(value);
  return value === undefined ? { kind } : { kind, value };
}

function opImage({ number, id, kind, callback, input, options, attempt, dueAt, madeAt, outcome }: Op): OpImage {
  const image = partsOf<Draft<OpImage>>();
  image.number = number;
  image.id = id;
  image.kind = kind;
  if (callback) image.callback = callback;
  if (input.length > 0) image.input = input;
  if (options) image.options = options;
  if (attempt > 0) image.attempt = attempt;
  if (dueAt > 0) image.dueAt = dueAt;
  if (madeAt > 0) image.madeAt = madeAt;
  if (outcome) image.outcome = outcome;
  return image as OpImage;
}
