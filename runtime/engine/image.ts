/**
 * Activation to text.
 *
 * The image is one graph, so that values shared by slots, arguments, inputs and outcomes stay shared. It lists frames
 * and ops; whoever waits for one names it by its number, so that a recursion may be of any depth. Absent fields have
 * their usual value, which keeps texts short.
 */
import { encode, type PartsSink, Told } from "../codec/index.ts";
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

/**
 * Frames of format 2 do not say by what code they were written, nor which slots were not initialised. Format 4 leaves out
 * the handler's arguments where they can be made again.
 */
export const imageFormat = 4;
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
  activation.outer.begin();
  const text = encode(Told.of(activation, tellRun), activation.extensions, handling.of, sharing, growth);
  // After a load it holds what has pieces: the next one does not.
  return growth?.isLong ? encodeActivation(activation) : text;
}

/** The same text without anything that is known from the last one, and without pieces. */
export function encodeAnew(activation: Activation): string {
  activation.outer.begin();
  return encode(Told.of(activation, tellRun), extensionsFor(activation), activation.handling.of);
}

function tellRun(sink: PartsSink, activation: Activation): void {
  const { root, ops, end, closed, lastOp, lastMade, lastFrame, attempt, dueAt } = activation;
  const { startedAt, cancelling, interruptions, lastOpOfHandler } = activation;
  sink.field("format", imageFormat);
  const hash = activation.handlerInfo?.hash;
  if (hash !== undefined) sink.field("hash", hash);
  sink.field("lastOp", lastOp);
  if (lastMade > 0) sink.field("lastMade", lastMade);
  if (lastFrame > 1) sink.field("lastFrame", lastFrame);
  if (attempt > 0) sink.field("attempt", attempt);
  if (dueAt > 0) sink.field("dueAt", dueAt);
  if (startedAt > 0) sink.field("startedAt", startedAt);
  if (cancelling) sink.field("cancelling", cancelling);
  if (root) sink.field("root", root.number);
  if (interruptions > 0) sink.field("interruptions", interruptions);
  const rollbacks = activation.rollbacks.stored();
  // Once the run is closed no code runs any more: what is left to do is in the ops.
  if (!closed) {
    if (activation.frames.size > 0) sink.each("frames", activation.frames, tellFrame);
    if (activation.reactions.size > 0) {
      sink.field(
        "work",
        Array.from(activation.reactions, ({ handle }) => handle),
      );
    }
  }
  if (rollbacks && !closed) sink.field("rollbacks", rollbacks);
  else if (rollbacks?.failures) sink.field("rollbacks", { registered: [], failures: rollbacks.failures });
  if (closed) sink.field("closed", true);
  if (end) sink.field("end", end);
  if (lastOpOfHandler > 0 && !closed) sink.field("lastOpOfHandler", lastOpOfHandler);
  if (ops.size > 0) sink.each("ops", ops.values(), tellOp);
}

function tellFrame(sink: PartsSink, frame: Frame): void {
  const { label, returned } = frame.place;
  const { number, info, args, self, argumentsObject, waiting, since } = frame;
  sink.field("number", number);
  sink.field("code", frame.closure ? info.code : frame.activation.reference(info));
  sink.field("args", args);
  if (frame.closure) sink.field("closure", frame.closure);
  if (self !== undefined) sink.field("self", self);
  if (returned) sink.field("returned", true);
  else if (label !== "") {
    sink.field("at", label);
    const kind = kindAt(info, label);
    if (kind !== "step") sink.field("kind", kind);
  }
  if (info.parameters) sink.field("parameters", info.parameters);
  if (!returned) {
    if (argumentsObject) sink.field("arguments", argumentsObject);
    tellOpen(sink, frame);
  }
  if (waiting) {
    const made = waiting.maker?.stored();
    if (made && ("op" in made || "call" in made)) sink.inner("on", made, tellMaker);
    else sink.field("on", waiting);
    if (waiting.shared) sink.field("since", since);
  }
}

/** What is open where the frame is parked. */
function tellOpen(sink: PartsSink, frame: Frame): void {
  const { info, activation } = frame;
  if (hasScopes(frame)) sink.inner("scopes", frame, tellScopes);
  if (info.grows && activation.growth) noteGrowth(activation.growth, info.grows, frame);
  const cursors = cursorImages(frame);
  if (cursors) sink.inner("cursors", cursors, tellEntries);
  const completions = frame.openCompletions();
  if (completions.length > 0) {
    sink.inner(
      "completions",
      completions.map(([name, completion]) => [name, completionImage(activation, completion)] as const),
      tellEntries,
    );
  }
  const resources = frame.openResources();
  if (resources.length > 0) sink.inner("resources", resources, tellEntries);
  const caught = frame.openCatches();
  // What cannot be stored of an error does not block the run: the code itself may have no use for it.
  if (caught.length > 0) {
    sink.inner(
      "caught",
      caught.map(([name, error]) => [name, storableThrown(error)] as const),
      tellEntries,
    );
  }
}

function tellMaker(sink: PartsSink, made: { readonly op: number } | { readonly call: number }): void {
  if ("op" in made) sink.field("op", made.op);
  else sink.field("call", made.call);
}

function tellEntries(sink: PartsSink, entries: readonly (readonly [name: string, value: unknown])[]): void {
  for (const [name, value] of entries) sink.field(name, value);
}

function hasScopes(frame: Frame): boolean {
  for (const path in frame.liveSlots()) if (frame.scopes.has(path)) return true;
  return false;
}

/** The current records of the scopes around its label. */
function tellScopes(sink: PartsSink, frame: Frame): void {
  for (const path in frame.liveSlots()) {
    const record = frame.scopes.get(path);
    if (record !== undefined) sink.field(path, record);
  }
}

/** What only grows where the frame is parked. */
function noteGrowth(growth: ArrayGrowth, grows: NonNullable<CodeInfo["grows"]>, frame: Frame): void {
  for (const path of Object.keys(grows)) {
    const record = frame.storesScope(path) ? frame.scopes.get(path) : undefined;
    const arrays = record && own(grows, path);
    for (const name of arrays ? Object.keys(arrays) : []) {
      const { elements, except } = own(arrays, name) as GrowingArray;
      const array: unknown = Object.getOwnPropertyDescriptor(record, name)?.value;
      if (Array.isArray(array) && !except?.includes(frame.place.label)) growth.note(array, elements);
    }
  }
}

function cursorImages(frame: Frame): (readonly [name: string, image: CursorImage | AwaitedImage])[] | undefined {
  let images: (readonly [string, CursorImage | AwaitedImage])[] | undefined;
  for (const [name, cursor] of frame.openCursors()) {
    const image = cursor.image();
    if (image === undefined) throw new UnstorableLoop(name);
    images ??= [];
    images.push([name, image]);
  }
  return images;
}

function completionImage(activation: Activation, { kind, value }: Completion): CompletionImage {
  if (value instanceof ReturnedHandle) return { kind, handle: value.handle };
  activation.noteCommitted(value);
  return value === undefined ? { kind } : { kind, value };
}

function tellOp(
  sink: PartsSink,
  { number, id, kind, callback, input, options, attempt, dueAt, madeAt, outcome }: Op,
): void {
  sink.field("number", number);
  sink.field("id", id);
  sink.field("kind", kind);
  if (callback) sink.field("callback", callback);
  if (input.length > 0) sink.field("input", input);
  if (options) sink.field("options", options);
  if (attempt > 0) sink.field("attempt", attempt);
  if (dueAt > 0) sink.field("dueAt", dueAt);
  if (madeAt > 0) sink.field("madeAt", madeAt);
  if (outcome) sink.field("outcome", outcome);
}
