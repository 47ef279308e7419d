/** Generators of compiled code in a stored run: where each stands, and what its code needs there. */
import { type CodecExtension, NotEncodableError, partsOf } from "../codec/index.ts";
import { intrinsicName } from "../codec/intrinsics.ts";
import type { Activation } from "./activation.ts";
import type { AwaitedImage } from "./awaited-cursors.ts";
import { ownerOf } from "./classes.ts";
import type { Invocation } from "./closures.ts";
import type { CursorImage } from "./cursors.ts";
import type { Completion } from "./frame-finally.ts";
import type { DelegateImage, GeneratorFrame } from "./generator-frame.ts";
import { frameOfGenerator } from "./generator-marks.ts";
import { generatorCodeOf, hold, loadedGenerator, usesThis } from "./generators.ts";
import { goneCode } from "./registry.ts";
import { ownRecord, type ScopeRecord } from "./scopes.ts";

/** Order behind that of its function. */
export type GeneratorParts = readonly [order: number, image: GeneratorImage];

export interface GeneratorImage {
  /** The generator function. */
  readonly of: object;
  /** Its code id. */
  readonly code: string;
  /** Label of the `yield`, absent before the code has begun. */
  readonly at?: string;
  readonly ended?: true;
  /** What it inherits from, when not from the function's `prototype`. */
  readonly prototype?: object | null;
  readonly parameters?: readonly string[];
  readonly args?: readonly unknown[];
  readonly self?: unknown;
  readonly arguments?: object;
  readonly scopes?: Readonly<Record<string, ScopeRecord>>;
  readonly cursors?: Readonly<Record<string, CursorImage | AwaitedImage>>;
  readonly completions?: Readonly<Record<string, Completion>>;
  /** What its `yield*` goes over. */
  readonly delegate?: DelegateImage;
}

type Draft<Image> = { -readonly [Key in keyof Image]?: Image[Key] };

/** A generator of a loaded run. */
export interface LoadedGenerator {
  readonly frame: GeneratorFrame;
  readonly image: GeneratorImage;
}

/** `restores` puts together what is decoded, when all of it is. */
export function generators(activation: Activation, restores: (() => LoadedGenerator)[]): CodecExtension {
  return {
    tag: "generator",
    matches: (value) => frameOfGenerator(value)?.activation === activation,
    encode(value) {
      const frame = frameOfGenerator(value) as GeneratorFrame;
      void hold(value, frame);
      return [orderOf(activation, frame.closure as object), imageOf(value, frame)];
    },
    keysOf: (value) => Reflect.ownKeys(value),
    order: (parts) => (parts as GeneratorParts)[0],
    late(parts) {
      const [, image] = parts as GeneratorParts;
      const code = generatorCodeOf(image.of);
      if (code === undefined) throw goneCode(image.code, noGenerator);
      const invocation = recordOf(activation, image.of)?.invocation as Invocation;
      const origin = { closure: image.of, invocation, ...(isMade(image.self) && { self: image.self }) };
      const { generator, restore } = loadedGenerator(activation, code, origin);
      const isLate = !isMade(image.prototype);
      if (image.prototype !== undefined && !isLate) Object.setPrototypeOf(generator, image.prototype);
      restores.push(() => {
        const frame = restore(image.args ?? [], image.self, (loaded) => place(loaded, image));
        if (isLate) Object.setPrototypeOf(generator, image.prototype as object);
        return { frame, image };
      });
      return generator;
    },
  };
}

/** What is not made yet is a symbol here. */
function isMade(value: unknown): boolean {
  return typeof value !== "symbol";
}

const noGenerator = "the function is no generator function any more";

/** Its function is made before it, or the class that has it. */
function orderOf(activation: Activation, fn: object): number {
  return (recordOf(activation, fn)?.order ?? 0) + 0.9;
}

function recordOf({ closures }: Activation, fn: object) {
  return closures.get(fn) ?? closures.get(ownerOf(fn) ?? fn);
}

function imageOf(generator: object, frame: GeneratorFrame): GeneratorImage {
  const { closure, info, isEnded, label, args, self, argumentsObject, obstacle } = frame;
  if (obstacle) throw new NotEncodableError([], `a generator cannot be stored while ${obstacle}`);
  const image = partsOf<Draft<GeneratorImage>>();
  image.of = closure as object;
  image.code = info.code;
  const prototype: unknown = Object.getPrototypeOf(generator);
  if (prototype !== (closure as { prototype?: unknown }).prototype) {
    image.prototype = prototype as object | null;
    // It must be there before the object is frozen: one that is made itself may come too late.
    if (!Object.isExtensible(generator) && prototype !== null && intrinsicName(prototype as object) === undefined) {
      throw new NotEncodableError([], "a frozen generator with a prototype of its own cannot be stored");
    }
  }
  if (isEnded) {
    image.ended = true;
    return image as GeneratorImage;
  }
  if (label !== "") image.at = label;
  if (info.parameters) image.parameters = info.parameters;
  if (args.length > 0) image.args = info.arity === undefined ? args : args.slice(0, info.arity);
  // What cannot be seen is not kept.
  if (self !== undefined && usesThis(Function.prototype.toString.call(frame.code.body))) image.self = self;
  if (argumentsObject) image.arguments = argumentsObject;
  const scopes = scopesOf(frame);
  if (scopes) image.scopes = scopes;
  const cursors = cursorsOf(frame);
  if (cursors) image.cursors = cursors;
  const completions = completionsOf(frame);
  if (completions) image.completions = completions;
  const delegate = frame.openDelegate();
  if (delegate) image.delegate = delegate.image() ?? unstorable("the iterator of its `yield*`");
  return image as GeneratorImage;
}

/** The records of the scopes around its label. */
function scopesOf(frame: GeneratorFrame): Record<string, ScopeRecord> | undefined {
  let stored: Record<string, ScopeRecord> | undefined;
  for (const path in frame.liveSlots()) {
    const record = frame.scopes.get(path);
    if (record === undefined) continue;
    stored ??= partsOf<Record<string, ScopeRecord>>();
    stored[path] = record;
  }
  return stored;
}

function cursorsOf(frame: GeneratorFrame): Record<string, CursorImage | AwaitedImage> | undefined {
  let stored: Record<string, CursorImage | AwaitedImage> | undefined;
  for (const [name, cursor] of frame.openCursors()) {
    stored ??= partsOf<Record<string, CursorImage | AwaitedImage>>();
    stored[name] = cursor.image() ?? unstorable(`the iterator of its loop "${name}"`);
  }
  return stored;
}

function completionsOf(frame: GeneratorFrame): Record<string, Completion> | undefined {
  let stored: Record<string, Completion> | undefined;
  for (const [name, completion] of frame.openCompletions()) {
    frame.activation.noteCommitted(completion.value);
    stored ??= partsOf<Record<string, Completion>>();
    stored[name] = completion;
  }
  return stored;
}

function unstorable(what: string): never {
  throw new NotEncodableError([], `a generator cannot be stored, because ${what} cannot`);
}

/** Has the frame of a loaded generator hold what is stored. */
function place(frame: GeneratorFrame, image: GeneratorImage): void {
  const { at, ended } = image;
  const { info, binds } = frame.code;
  if (at !== undefined && !Object.hasOwn(info.labels, at)) {
    throw goneCode(info.code, `the function has no label ${JSON.stringify(at)}`);
  }
  if (ended) frame.ended();
  frame.argumentsObject = image.arguments;
  for (const [path, record] of Object.entries(image.scopes ?? {})) {
    ownRecord(record, frame, path);
    frame.scopes.set(path, record);
  }
  if (at !== undefined) {
    const { cursors = {}, completions = {}, delegate } = image;
    frame.restore({ label: at, cursors, completions, delegate });
  } else if (!ended && binds) throw goneCode(info.code, "its parameters were not bound at the call");
}
