/** The pieces of the frame of a run while it is driven: which the store has, and which are to be written. */
import { type FramePiece, wholeFrame } from "../frame-pieces.ts";
import type { Claim, Commit } from "../store.ts";
import type { ArrayGrowth } from "./growth.ts";

interface Pieces {
  /** Never changed, because a text that was written may name them; only more are added. */
  readonly texts: string[];
  /** How many of them the store has. It may have others, that mean nothing. */
  stored: number;
  isStored: boolean;
}

export class RunPieces {
  readonly #arrays = new Map<number, Pieces>();
  /** The last array that has or had pieces, in the store as well. */
  #last = -1;

  readonly pieceLength: number;

  /** @param pieceLength characters from which on the texts of elements make a piece; the text of a frame holds half as many on average */
  constructor({ frame, pieces: stored = [] }: Pick<Claim, "frame" | "pieces">, pieceLength = 1_024) {
    this.pieceLength = pieceLength;
    const counts = new Map<number, number>();
    if (stored.length > 0) for (const [array, count] of markersIn(frame ?? "")) counts.set(array, count);
    for (const { array, index, text } of stored) {
      this.#last = Math.max(this.#last, array);
      const pieces = this.#arrays.get(array) ?? { texts: [], stored: 0, isStored: true };
      this.#arrays.set(array, pieces);
      // What lies behind those that the frame names means nothing.
      if (index === pieces.texts.length && index < (counts.get(array) ?? 0)) pieces.stored = pieces.texts.push(text);
    }
  }

  /** A text of the run with the pieces in their places. */
  whole(text: string): string {
    return this.#arrays.size === 0 ? text : wholeFrame(text, this.#all());
  }

  /**
   * A piece of an array, behind `index` others. Answers the number of the array, which is another one where that has another
   * such piece: in a segment that is tried again, an array may grow otherwise.
   */
  add(array: number | undefined, index: number, text: string, isUsed: (array: number) => boolean): number {
    const known = array ?? this.#beginningWith(text, isUsed) ?? this.#make([]);
    const { texts } = this.#arrays.get(known) as Pieces;
    if (texts[index] === text) return known;
    if (texts.length === index) {
      texts.push(text);
      return known;
    }
    return this.#make([...texts.slice(0, index), text]);
  }

  /** What is to be committed with a text of an activation. Pieces that neither uses go. */
  toCommit(text: string, growth: ArrayGrowth | undefined): Pick<Commit, "pieces" | "dropped"> {
    if (this.#arrays.size === 0) return {};
    const named = new Set(markersIn(text).map(([array]) => array));
    const dropped: number[] = [];
    for (const [array, { isStored }] of this.#arrays) {
      if (named.has(array) || growth?.uses(array)) continue;
      if (isStored) dropped.push(array);
      this.#arrays.delete(array);
    }
    const pieces = this.#all(({ stored }) => stored);
    for (const array of this.#arrays.values()) {
      array.stored = array.texts.length;
      array.isStored ||= array.stored > 0;
    }
    return { ...(pieces.length > 0 && { pieces }), ...(dropped.length > 0 && { dropped }) };
  }

  #all(from: (pieces: Pieces) => number = () => 0): FramePiece[] {
    const all: FramePiece[] = [];
    for (const [array, pieces] of this.#arrays) {
      for (let index = from(pieces); index < pieces.texts.length; index++) {
        all.push({ array, index, text: pieces.texts[index] as string });
      }
    }
    return all;
  }

  /** After a load, arrays have no numbers yet. */
  #beginningWith(text: string, isUsed: (array: number) => boolean): number | undefined {
    for (const [array, { texts }] of this.#arrays) if (texts[0] === text && !isUsed(array)) return array;
    return undefined;
  }

  #make(texts: string[]): number {
    this.#last++;
    this.#arrays.set(this.#last, { texts, stored: 0, isStored: false });
    return this.#last;
  }
}

function markersIn(frame: string): [number, number][] {
  return Array.from(frame.matchAll(/\{"\$pieces":\[(\d+),(\d+)\]\}/g), ([, array, count]) => [
    Number(array),
    Number(count),
  ]);
}
