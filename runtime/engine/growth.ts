/** The arrays of an activation that only get longer, from one text of it to the next. See `grows` in the compiled code. */
import { type Grown, type Growth, SafeMap } from "../codec/index.ts";
import type { GrowingArray } from "../manifest.ts";
import type { RunPieces } from "./run-pieces.ts";

type Elements = GrowingArray["elements"];

/** Values with other tags may be of classes, whose code could have kept them, or hold functions. */
const otherTag = /\{"\$(?!"|date"|bigint"|\$)/;

interface Growing {
  elements: Elements;
  /** Of its pieces; undefined before there is one. */
  array: number | undefined;
  pieces: number;
  /** Texts of elements behind the pieces. */
  tail: string;
  /** Elements in pieces and in the tail. */
  count: number;
  /** Texts of elements behind these, written and not settled yet. */
  added: string[];
}

export class ArrayGrowth implements Growth {
  readonly #pieces: RunPieces;
  /** Those that the text has which is written now. */
  #noted = new SafeMap<object, Growing>();
  #known = new SafeMap<object, Growing>();
  /** Pieces that came of the last text. */
  #made = 0;

  constructor(pieces: RunPieces) {
    this.#pieces = pieces;
  }

  /** A text of the activation begins. */
  begin(): void {
    // What was added to one that could not be written, before that was known.
    this.restart();
    this.#noted = new SafeMap();
  }

  /** An array grows where its frame is parked. */
  note(array: readonly unknown[], elements: Elements): void {
    const known = this.#known.get(array) ?? { elements, array: undefined, pieces: 0, tail: "", count: 0, added: [] };
    known.elements = elements;
    this.#noted.set(array, known);
  }

  grown(array: readonly unknown[]): Grown | undefined {
    const growing = this.#noted.get(array);
    if (growing === undefined) return undefined;
    const { pieces, tail, count } = growing;
    const marker = pieces === 0 ? "" : `{"$pieces":[${growing.array},${pieces}]}`;
    return { text: marker && tail ? `${marker},${tail}` : marker || tail, count };
  }

  add(array: readonly unknown[], element: unknown, text: string): boolean {
    const growing = this.#noted.get(array);
    if (growing === undefined || !stays(growing.elements, element) || otherTag.test(text)) return false;
    growing.added.push(text);
    return true;
  }

  restart(): void {
    for (const growing of this.#noted.values()) growing.added = [];
  }

  settle(): void {
    this.#made = 0;
    for (const growing of this.#noted.values()) {
      for (const text of growing.added) this.#extend(growing, text);
      growing.added = [];
    }
    this.#known = this.#noted;
  }

  /** Much of the last text will be in pieces. */
  get isLong(): boolean {
    return this.#made > 1;
  }

  /** Whether a text that was written names pieces of an array, or the next one may. */
  uses(array: number): boolean {
    for (const growings of [this.#noted, this.#known]) {
      for (const growing of growings.values()) if (growing.array === array) return true;
    }
    return false;
  }

  #extend(growing: Growing, text: string): void {
    growing.tail = growing.tail ? `${growing.tail},${text}` : text;
    growing.count++;
    if (growing.tail.length < this.#pieces.pieceLength) return;
    growing.array = this.#pieces.add(growing.array, growing.pieces, growing.tail, (array) => this.uses(array));
    growing.pieces++;
    this.#made++;
    growing.tail = "";
  }
}

/** Whether nobody can change an element of an array whose elements are such. */
function stays(elements: Elements, element: unknown): boolean {
  if (typeof element !== "object" || element === null) return true;
  if (elements !== "flat") return elements === "own";
  return Reflect.ownKeys(element).every((key) => {
    const value: unknown = Object.getOwnPropertyDescriptor(element, key)?.value;
    return typeof value !== "object" || value === null;
  });
}
