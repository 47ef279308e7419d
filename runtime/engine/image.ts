/**
 * Activation to text and back.
 *
 * The image is one graph, so that values shared by slots, arguments, inputs and outcomes stay shared. A frame that waits
 * for a call holds the image of the called frame. Absent fields have their usual value, which keeps texts short.
 */
import { decode, encode } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import { Activation, type ActivationOwner } from "./activation.ts";
import type { CursorImage } from "./cursors.ts";
import { extensionsFor, type HandleImage, type LoadedHandles } from "./extensions.ts";
import { type Completion, Frame } from "./frame.ts";
import { Handle, ReturnedHandle } from "./handle.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { goneCode } from "./registry.ts";
import { ownRecord, type ScopeRecord } from "./scopes.ts";

const imageFormat = 1;

interface RunImage {
  readonly format: number;
  readonly lastOp: number;
  readonly lastMade?: number;
  readonly attempt?: number;
  readonly dueAt?: number;
  /** The handler's frame; absent once it has ended. */
  readonly frame?: FrameImage;
  /** Calls that nobody waits for. */
  readonly branches?: readonly FrameImage[];
  readonly end?: Outcome;
  readonly ops?: readonly OpImage[];
}

export interface FrameImage {
  readonly code: string;
  readonly closure?: object;
  /** Label, absent before the code has begun. */
  readonly at?: string;
  /** Its code has ended; it settles as what it waits for. */
  readonly returned?: true;
  readonly args: readonly unknown[];
  readonly scopes?: Readonly<Record<string, ScopeRecord>>;
  readonly cursors?: Readonly<Record<string, CursorImage>>;
  readonly completions?: Readonly<Record<string, CompletionImage>>;
  readonly on?: HandleImage;
}

/** `handle` is what a `return` of a handle left behind. */
type CompletionImage = { readonly kind: string; readonly value?: unknown; readonly handle?: Handle };

interface OpImage {
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
  const writer = new ImageWriter(activation);
  return encode(writer.run(), writer.extensions);
}

/** Writes the frames of one activation, each once. */
export class ImageWriter {
  readonly extensions: ReturnType<typeof extensionsFor>;
  readonly #activation: Activation;
  readonly #frames = new Map<Frame, FrameImage>();

  constructor(activation: Activation) {
    this.#activation = activation;
    this.extensions = extensionsFor(activation, this, noHandles());
  }

  run(): RunImage {
    const { root, frames, ops, end, lastOp, lastMade, attempt, dueAt } = this.#activation;
    const frame = root && this.#frame(root);
    const branches: FrameImage[] = [];
    for (const other of frames) if (!this.#frames.has(other)) branches.push(this.#frame(other));
    return {
      format: imageFormat,
      lastOp,
      ...(lastMade > 0 && { lastMade }),
      ...(attempt > 0 && { attempt }),
      ...(dueAt > 0 && { dueAt }),
      ...(frame && { frame }),
      ...(branches.length > 0 && { branches }),
      ...(end && { end }),
      ...(ops.size > 0 && { ops: [...ops.values()].map(opImage) }),
    };
  }

  imageOf(handle: Handle): HandleImage {
    const { outcome } = handle;
    if (outcome?.ok) return { value: outcome.value };
    if (outcome) return { error: outcome.error };
    for (const op of this.#activation.ops.values()) if (op.handle === handle) return { op: op.number };
    const callee = this.#activation.callee(handle);
    if (callee) return { call: this.#frame(callee) };
    throw new Error(`${handle.what} is not of this run`);
  }

  #frame(frame: Frame): FrameImage {
    const known = this.#frames.get(frame);
    if (known) return known;
    const { label, returned } = frame.place;
    const image: { -readonly [Key in keyof FrameImage]: FrameImage[Key] } = { code: frame.info.code, args: frame.args };
    this.#frames.set(frame, image);
    if (frame.closure) image.closure = frame.closure;
    if (returned) image.returned = true;
    else if (label !== "") image.at = label;
    if (!returned) {
      const scopes = storedScopes(frame);
      if (scopes.length > 0) image.scopes = Object.fromEntries(scopes);
      const cursors = storedCursors(frame);
      if (cursors.length > 0) image.cursors = Object.fromEntries(cursors);
      const completions = frame.openCompletions().map(([name, completion]) => [name, this.#completion(completion)]);
      if (completions.length > 0) image.completions = Object.fromEntries(completions);
    }
    if (frame.waiting) image.on = this.imageOf(frame.waiting);
    return image;
  }

  #completion({ kind, value }: Completion): CompletionImage {
    if (value instanceof ReturnedHandle) return { kind, handle: value.handle };
    this.#activation.noteCommitted(value);
    return value === undefined ? { kind } : { kind, value };
  }
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

/** A loaded activation, not entered yet: `activation.enter(root)` goes on with it, when there is a root. */
export interface LoadedActivation {
  readonly activation: Activation;
  readonly root: Frame | undefined;
}

/**
 * @throws BackstitchError BS2103 when no loaded code has a frame's code id and label, BS2104 when the text is no image,
 *   BS2108 when a local value cannot be made again
 */
export function decodeActivation(text: string, owner: ActivationOwner): LoadedActivation {
  const activation = new Activation(owner);
  const loaded = noHandles();
  try {
    const image = decode(text, extensionsFor(activation, new ImageWriter(activation), loaded)) as RunImage;
    if (image.format !== imageFormat) throw new Error(`its format is ${String(image.format)}, known is ${imageFormat}`);
    activation.lastOp = image.lastOp;
    activation.lastMade = image.lastMade ?? 0;
    activation.attempt = image.attempt ?? 0;
    activation.dueAt = image.dueAt ?? 0;
    activation.end = image.end;
    const reader = new ImageReader(activation, loaded);
    for (const op of image.ops ?? []) reader.op(op);
    const root = image.frame && reader.frame(image.frame);
    for (const branch of image.branches ?? []) reader.frame(branch);
    activation.root = root;
    return { activation, root };
  } catch (error) {
    throw (
      faultIn(error) ??
      new BackstitchError("BS2104", {
        where: `the frame of run ${owner.run}: ${error instanceof Error ? error.message : String(error)}`,
        fix: "Deploy the version of backstitch that wrote it, or cancel the run.",
        cause: error,
      })
    );
  }
}

/** Makes frames and ops of their images, each once. */
class ImageReader {
  readonly #activation: Activation;
  readonly #loaded: LoadedHandles;
  readonly #frames = new Map<FrameImage, Frame>();

  constructor(activation: Activation, loaded: LoadedHandles) {
    this.#activation = activation;
    this.#loaded = loaded;
  }

  op(image: OpImage): void {
    const what = `step ${JSON.stringify(image.id)}`;
    const handle = this.#loaded.byOp.get(image.number) ?? new Handle(what, this.#activation);
    this.#loaded.byOp.set(image.number, handle);
    this.#activation.ops.set(image.number, {
      number: image.number,
      id: image.id,
      kind: image.kind,
      handle,
      callback: image.callback as Op["callback"],
      input: image.input ?? [],
      attempt: image.attempt ?? 0,
      dueAt: image.dueAt ?? 0,
      outcome: image.outcome,
      running: false,
    });
  }

  frame(image: FrameImage): Frame {
    const known = this.#frames.get(image);
    if (known) return known;
    const code = this.#activation.code(image.code);
    if (code === undefined) throw goneCode(image.code, "no loaded module has this function");
    if (image.at !== undefined && !Object.hasOwn(code.info.labels, image.at)) {
      throw goneCode(image.code, `the function has no label ${JSON.stringify(image.at)}`);
    }
    const invocation = image.closure
      ? this.#activation.closures.get(image.closure)?.invocation
      : this.#invocation(image);
    const call = this.#loaded.byCall.get(image);
    const frame = new Frame(this.#activation, code, image.args, { closure: image.closure, invocation, call });
    this.#frames.set(image, frame);
    if (image.returned) frame.place = { label: "return", returned: true };
    else if (image.at !== undefined) frame.place = { label: image.at, returned: false };
    for (const [path, record] of Object.entries(image.scopes ?? {})) {
      ownRecord(record, frame, path);
      frame.scopes.set(path, record);
    }
    const completions = Object.entries(image.completions ?? {}).map(([name, completion]): [string, Completion] => [
      name,
      loadedCompletion(completion),
    ]);
    frame.restore(Object.entries(image.cursors ?? {}), completions);
    frame.waiting = image.on && this.#handle(image.on);
    return frame;
  }

  #invocation(image: FrameImage) {
    const known = this.#loaded.invocations.get(image.args) ?? { code: image.code, args: image.args, table: undefined };
    this.#loaded.invocations.set(image.args, known);
    return known;
  }

  #handle(image: HandleImage): Handle {
    if ("call" in image) return this.frame(image.call).call;
    const handle = "op" in image ? this.#loaded.byOp.get(image.op) : undefined;
    if (handle === undefined) throw new Error("a frame waits for an op that the run does not have");
    return handle;
  }
}

function loadedCompletion({ kind, value, handle }: CompletionImage): Completion {
  return { kind, value: handle ? new ReturnedHandle(handle) : value };
}

/** A fault that decoding wrapped: gone code, a local value that cannot be made. */
function faultIn(error: unknown): BackstitchError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof BackstitchError) return at;
  return undefined;
}

function noHandles(): LoadedHandles {
  return { byOp: new Map(), byCall: new Map(), invocations: new WeakMap() };
}
