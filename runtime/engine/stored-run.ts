/**
 * The text of a run taken apart without its code: what only that code can make again (functions, handles, values of a
 * module) stays as it is stored. It is written again as it was read, but for what was changed in between.
 */

import type { ExtensionTag } from "../codec/format.ts";
import { type CodecExtension, decode, encode } from "../codec/index.ts";
import type { MemberImage } from "./classes.ts";
import { type ScopeImage, scopeParts } from "./extensions.ts";
import type { GeneratorImage, GeneratorParts } from "./generator-images.ts";
import type { FrameImage, RunImage } from "./image.ts";
import { type OuterImage, outerParts } from "./outer-images.ts";
import { isScopeRecord, newRecord, noteOrigin, originOf, type ScopeRecord } from "./scopes.ts";

/** A value of the run that is not made. Own properties of it are the author's. */
class StoredValue {
  readonly #tag: ExtensionTag;
  #parts: unknown;

  constructor(tag: ExtensionTag, parts?: unknown) {
    this.#tag = tag;
    this.#parts = parts;
  }

  static is(value: unknown, tag: ExtensionTag): value is StoredValue {
    return typeof value === "object" && value !== null && #tag in value && value.#tag === tag;
  }

  static partsOf(value: StoredValue): unknown {
    return value.#parts;
  }

  fill(parts: unknown): void {
    this.#parts = parts;
  }

  /** `<handle>`, for people. */
  toJSON(): string {
    return `<${this.#tag}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toJSON();
  }
}

/** A function of the run: the code whose table has it, its id there, the records of its scopes. */
export class StoredClosure extends StoredValue {
  constructor(parts: unknown) {
    super("closure", parts);
  }

  /** How the run names the code. */
  get reference(): string {
    return this.#parts[1] as string;
  }

  set reference(reference: string) {
    this.#parts[1] = reference;
  }

  get id(): string {
    const named = this.#parts[2];
    return Array.isArray(named) ? (named[0] as string) : (named as string);
  }

  set id(id: string) {
    const named = this.#parts[2];
    this.#parts[2] = Array.isArray(named) ? [id, named[1]] : id;
  }

  get scopes(): readonly ScopeRecord[] {
    return this.#parts.slice(4) as ScopeRecord[];
  }

  set scopes(scopes: readonly ScopeRecord[]) {
    this.#parts.splice(4, Number.POSITIVE_INFINITY, ...scopes);
  }

  get #parts(): unknown[] {
    return StoredValue.partsOf(this) as unknown[];
  }
}

/** A generator of the run. */
export class StoredGenerator extends StoredValue {
  constructor(parts: unknown) {
    super("generator", parts);
  }

  /** What it is as a frame. It has no number. Its closure may be the class whose method it was called by. */
  get frame(): FrameImage {
    const { code, at, args = [], scopes, cursors, completions, parameters } = this.#image;
    const closure = this.#closure;
    return {
      number: 0,
      code,
      kind: "yield",
      args,
      ...(closure && { closure }),
      ...(at !== undefined && { at }),
      ...(scopes && { scopes }),
      ...(cursors && { cursors }),
      ...(completions && { completions: completions as NonNullable<FrameImage["completions"]> }),
      ...(parameters && { parameters }),
    };
  }

  /** Takes what was changed in its frame. */
  set frame({ at, args, scopes, cursors, completions, parameters }: FrameImage) {
    Object.assign(this.#image, { args, scopes, cursors, completions, parameters, at });
    for (const [field, value] of Object.entries(this.#image)) {
      if (value === undefined) Reflect.deleteProperty(this.#image, field);
    }
  }

  get #closure(): StoredClosure | undefined {
    const { of } = this.#image;
    const owner = StoredValue.is(of, "member") ? (StoredValue.partsOf(of) as MemberImage)[1] : of;
    return owner instanceof StoredClosure ? owner : undefined;
  }

  get #image(): GeneratorImage {
    return (StoredValue.partsOf(this) as GeneratorParts)[1];
  }
}

/** What the values of a run refer to in its code. */
export interface StoredReferences {
  readonly generators: StoredGenerator[];
  readonly closures: StoredClosure[];
  /** Values of modules that the run cannot do without: the code that refers to them, and their name there. */
  readonly outer: (readonly [reference: string, name: string])[];
}

/**
 * @param references gets those of the run
 * @throws DecodeError
 */
export function readStoredRun(text: string, references = noReferences()): RunImage {
  return decode(text, extensionsFor(references)) as RunImage;
}

/** @throws NotEncodableError */
export function writeStoredRun(image: RunImage): string {
  return encode(image, extensionsFor(noReferences()));
}

export function noReferences(): StoredReferences {
  return { generators: [], closures: [], outer: [] };
}

const scopes: CodecExtension = {
  tag: "scope",
  matches: isScopeRecord,
  encode(value) {
    const { name = null, unset = [] } = originOf(value as ScopeRecord) ?? {};
    const left = unset.filter((slot) => !Object.hasOwn(value, slot));
    const slots = Object.fromEntries(Object.entries(value));
    return name === null && left.length === 0 ? slots : [name, slots, ...left];
  },
  create: () => newRecord(),
  fill(shell, parts) {
    const [name, slots, ...unset] = scopeParts(parts as ScopeImage);
    for (const [slot, value] of Object.entries(slots)) (shell as ScopeRecord)[slot] = value;
    noteOrigin(shell as ScopeRecord, { name, unset });
  },
};

function extensionsFor({ generators, closures, outer }: StoredReferences): readonly CodecExtension[] {
  const made = (parts: unknown) => {
    const closure = new StoredClosure(parts);
    closures.push(closure);
    return closure;
  };
  const standing = (parts: unknown) => {
    const generator = new StoredGenerator(parts);
    generators.push(generator);
    return generator;
  };
  return [
    scopes,
    late("closure", made),
    late("generator", standing),
    late("proxy"),
    late("bound"),
    container("template"),
    late("local"),
    late("member"),
    late("instance"),
    container("handle"),
    container("promise"),
    container("tool"),
    container("outer", (parts) => {
      const { id, path, copy } = outerParts(parts as OuterImage);
      if (copy === undefined) outer.push([id, path[0]]);
    }),
  ];
}

function late(tag: ExtensionTag, make = (parts: unknown) => new StoredValue(tag, parts)): CodecExtension {
  return {
    tag,
    matches: (value) => StoredValue.is(value, tag),
    encode: (value) => StoredValue.partsOf(value as StoredValue),
    keysOf: (value) => Reflect.ownKeys(value),
    order: (parts) => Number((parts as readonly unknown[])[0]),
    late: make,
  };
}

function container(tag: ExtensionTag, note: (parts: unknown) => void = () => {}): CodecExtension {
  return {
    tag,
    matches: (value) => StoredValue.is(value, tag),
    encode: (value) => StoredValue.partsOf(value as StoredValue),
    create: () => new StoredValue(tag),
    fill: (shell, parts) => {
      note(parts);
      (shell as StoredValue).fill(parts);
    },
  };
}
