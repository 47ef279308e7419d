/** Writing the text of a value. Its calls append; nothing is read twice. */
import { SafeMap } from "./collections.ts";
import { NotEncodableError } from "./errors.ts";
import { type ConstantName, type ExtensionTag, type Tag, VALUE_FORMAT } from "./format.ts";
import type { Growth } from "./growth.ts";
import { Parts } from "./parts.ts";
import { isGlobalSymbol, symbolText } from "./symbols.ts";

/** Writes the text of one value that is neither a plain object nor a dense array. */
export type Emit = (out: Writer) => void;

/** What the scan found out; the writer relies on it and checks nothing again. */
export interface Scanned {
  /** Every object, function and unique symbol of the graph. */
  readonly seen: ReadonlySet<object | symbol>;
  /** Those that get a definition: met more than once, or values of an extension. */
  readonly defined: ReadonlySet<object | symbol>;
  /** How to write the ones that are not plain. */
  readonly emits: ReadonlyMap<object | symbol, Emit>;
}

/** One definition as written, with the numbers of the definitions it refers to. */
export interface WrittenDefinition {
  readonly value: object | symbol;
  readonly text: string;
  readonly references: readonly number[];
}

const dollar = 36;
/** Quotes, backslashes, control characters, and surrogates, of which only lone ones are escaped. */
const mayNeedEscapes = /[^\u0020\u0021\u0023-\u005b\u005d-\ud7ff\ue000-\uffff]/;
const simpleName = /^[A-Za-z_][A-Za-z_0-9]*$/;

/** Of the whole numbers that are met most. */
const numberTexts = Array.from({ length: 1_024 }, (_, number) => String(number));
const referenceTexts = numberTexts.map((number) => `{"$ref":${number}}`);

/** The text of a key with its colon: of the first property of an object, and of one behind another. */
interface KeyTexts {
  readonly first: string;
  readonly next: string;
}

/** Of the keys that are met most: names of the runtime, slots, properties of the author's types. */
const keptKeys = new SafeMap<string, KeyTexts>();
const mostKeptKeys = 4096;

export function keyTexts(name: string): KeyTexts {
  const kept = keptKeys.get(name);
  if (kept !== undefined) return kept;
  const first = `${JSON.stringify(name.charCodeAt(0) === dollar ? `$${name}` : name)}:`;
  const texts = { first: `{${first}`, next: `,${first}` };
  // Only names: a Record that is keyed by data must not fill the table.
  if (keptKeys.size < mostKeptKeys && simpleName.test(name)) keptKeys.set(name, texts);
  return texts;
}

/** A text of its parts. */
export function envelope(root: string, definitions: readonly WrittenDefinition[]): string {
  if (definitions.length === 0) return `[${VALUE_FORMAT},${root}]`;
  return `[${VALUE_FORMAT},${root},[${definitions.map(({ text }) => text).join(",")}]]`;
}

export abstract class Writer {
  /** Of definitions, by what they define. */
  protected readonly numbers = new SafeMap<object | symbol, number>();
  protected readonly queue: (object | symbol)[] = [];
  protected text = "";
  /** Of the definition that is written, to others. */
  protected references: number[] = [];

  private readonly growth: Growth | undefined;

  constructor(growth: Growth | undefined) {
    this.growth = growth;
    growth?.restart();
  }

  /** Writes what stands in the place of an object: itself, or a reference. */
  protected abstract object(value: object | symbol): void;

  /** Writes an object itself. */
  protected abstract body(value: object | symbol): void;

  /** Writes the root. Definitions are numbered in the order in which they are first referred to. */
  root(value: unknown): string {
    this.value(value);
    return this.take();
  }

  /** Writes all definitions that the root needs, breadth first; call it after `root`. */
  definitions(): WrittenDefinition[] {
    const written: WrittenDefinition[] = [];
    for (const value of this.queue) {
      this.references = [];
      this.body(value);
      written.push({ value, text: this.take(), references: this.references });
    }
    return written;
  }

  raw(text: string): void {
    this.text += text;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.text += mayNeedEscapes.test(value) ? JSON.stringify(value) : `"${value}"`;
        return;
      case "number":
        this.number(value);
        return;
      case "boolean":
        this.text += value ? "true" : "false";
        return;
      case "undefined":
        this.constant("undefined");
        return;
      case "bigint":
        this.text += `{"$bigint":"${value}"}`;
        return;
      case "symbol":
        if (isGlobalSymbol(value)) this.text += symbolText(value);
        else this.object(value);
        return;
      default:
        if (value === null) this.text += "null";
        else this.object(value as object);
    }
  }

  /** Writes `{"<tag>":…}` with the payload that `write` appends. */
  tagged(tag: Tag, write: () => void): void {
    this.text += `{"${tag}":`;
    write();
    this.text += "}";
  }

  /** Writes the parts of a value of an extension. */
  extension(tag: ExtensionTag, parts: unknown): void {
    this.text += `{"$${tag}":`;
    this.value(parts);
    this.text += "}";
  }

  /** Writes `{"<tag>":[first,…]}` with the second part that `write` appends. */
  pair(tag: Tag, first: unknown, write: () => void): void {
    this.tagged(tag, () => {
      this.text += "[";
      this.value(first);
      this.text += ",";
      write();
      this.text += "]";
    });
  }

  constant(name: ConstantName): void {
    this.text += `{"$":"${name}"}`;
  }

  /** Writes `[…]`, one call of `write` per item. */
  list<T>(items: Iterable<T>, write: (item: T) => void): void {
    let separator = "[";
    for (const item of items) {
      this.text += separator;
      write(item);
      separator = ",";
    }
    this.text += separator === "[" ? "[]" : "]";
  }

  protected parts(value: Readonly<Record<string, unknown>>): void {
    let isEmpty = true;
    for (const name in value) {
      const texts = keyTexts(name);
      this.text += isEmpty ? texts.first : texts.next;
      this.value(value[name]);
      isEmpty = false;
    }
    this.text += isEmpty ? "{}" : "}";
  }

  /** Writes an array that grows: only what came to it. False for another one. */
  protected growing(array: readonly unknown[]): boolean {
    const grown = this.growth?.grown(array);
    if (grown === undefined) return false;
    let before = `[${grown.text}`;
    let isFixed = true;
    const outside = this.text;
    for (let i = grown.count; i < array.length; i++) {
      const references = this.references.length;
      this.text = "";
      this.value(array[i]);
      if (isFixed) {
        isFixed = this.references.length === references && (this.growth as Growth).add(array, array[i], this.text);
      }
      before += i > 0 ? `,${this.text}` : this.text;
    }
    this.text = `${outside}${before}]`;
    return true;
  }

  /** Writes the elements of a dense array. */
  protected items(array: readonly unknown[]): void {
    if (this.growing(array)) return;
    this.text += "[";
    for (let i = 0; i < array.length; i++) {
      if (i > 0) this.text += ",";
      this.value(array[i]);
    }
    this.text += "]";
  }

  /** Writes the elements of an array; places without an element, or with one that is left out, become holes. */
  elements(array: readonly unknown[], leftOut?: ReadonlySet<string>): void {
    this.text += "[";
    for (let i = 0; i < array.length; i++) {
      if (i > 0) this.text += ",";
      if (Object.hasOwn(array, i) && !leftOut?.has(String(i))) this.value(array[i]);
      else this.constant("hole");
    }
    this.text += "]";
  }

  /** Writes named values as an object, in the given order. */
  record(names: readonly string[], read: (name: string) => unknown): void {
    if (names.length === 0) this.text += "{}";
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const texts = keyTexts(name);
      this.text += i === 0 ? texts.first : texts.next;
      this.value(read(name));
    }
    if (names.length > 0) this.text += "}";
  }

  /** The last number, and its text: a frame has the same one in several places. */
  private lastNumber = 0;
  private lastNumberText = "0";

  private number(value: number): void {
    // An index that is none would be looked up as a name.
    if (value > 0 && value < numberTexts.length && Number.isInteger(value)) this.text += numberTexts[value];
    else if (Object.is(value, -0)) this.constant("-0");
    // Not `+= value`: the cache of number texts that this fills keeps each of them through minor collections.
    else if (Number.isFinite(value)) {
      if (value !== this.lastNumber) this.lastNumberText = JSON.stringify(value);
      this.lastNumber = value;
      this.text += this.lastNumberText;
    } else this.constant(String(value) as ConstantName);
  }

  protected reference(value: object | symbol): void {
    let number = this.numbers.get(value);
    if (number === undefined) {
      number = this.queue.push(value) - 1;
      this.numbers.set(value, number);
    }
    this.references.push(number);
    this.text += referenceTexts[number] ?? `{"$ref":${number}}`;
  }

  private take(): string {
    const text = this.text;
    this.text = "";
    return text;
  }
}

/** The second pass of encoding: writes a value that was scanned. */
export class ScannedWriter extends Writer {
  private readonly scanned: Scanned;

  constructor(scanned: Scanned, growth?: Growth) {
    super(growth);
    this.scanned = scanned;
  }

  protected override object(value: object | symbol): void {
    if (this.scanned.defined.has(value)) this.reference(value);
    else this.body(value);
  }

  protected override body(value: object | symbol): void {
    const emit = this.scanned.emits.get(value);
    if (emit !== undefined) emit(this);
    else if (typeof value === "symbol") this.text += symbolText(value);
    else if (!this.scanned.seen.has(value)) {
      // Only an `encode` of an extension or class can run between the passes.
      throw new NotEncodableError([], "the value changed while it was being encoded");
    } else if (Array.isArray(value)) this.items(value);
    else if (Parts.is(value)) this.parts(value);
    else this.record(Object.keys(value), (name) => (value as Record<string, unknown>)[name]);
  }
}
