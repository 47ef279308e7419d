/**
 * Pieces of frames: an array that only grows is stored in parts beside the frame, so that a commit writes what changed.
 *
 * In the text of the frame, `{"$pieces":[array,count]}` stands for the first elements of such an array, which are pieces
 * 0 to count - 1 of it. Quotes within strings are escaped, and keys of data that begin with `$` have one more: so that the
 * marker is found by looking for its text. The text of a piece may hold markers of other arrays.
 */
import { BackstitchError } from "./faults.ts";

/** Part of a frame that is stored beside it: some elements of an array that only grows. */
export interface FramePiece {
  /** Names the array in the frame of its run. */
  readonly array: number;
  /** From 0: its place among the pieces of the array. */
  readonly index: number;
  /** Encoded elements, at least one, with commas between them. */
  readonly text: string;
}

/** The stored pieces that belong to the text of a frame. */
export interface StoredPieces {
  /** By array and index. Some may be left over, which the frame does not name. */
  readonly pieces?: readonly FramePiece[];
}

/** What a commit changes of the pieces of its run. It comes with a frame. A run that ends has no pieces any more. */
export interface PieceChanges {
  /** Written with it, each once. One of the same array and index is replaced. */
  readonly pieces?: readonly FramePiece[];
  /** The pieces of these arrays are removed first. */
  readonly dropped?: readonly number[];
}

const marker = '{"$pieces":[';
const wholeMarker = /\{"\$pieces":\[(\d+),([1-9]\d*)\]\}/y;

/**
 * The text of a frame with its pieces in their places.
 *
 * @param pieces in any order; those that the frame does not name are left out
 * @throws BackstitchError BS2104 when a piece is missing, an array is named twice, or a marker is damaged
 * @example
 * wholeFrame('[1,[{"$pieces":[3,1]},"c"]]', [{ array: 3, index: 0, text: '"a","b"' }]); // '[1,["a","b","c"]]'
 */
export function wholeFrame(frame: string, pieces: readonly FramePiece[]): string {
  if (!frame.includes(marker)) return frame;
  const arrays = new Map<number, Map<number, string>>();
  for (const { array, index, text } of pieces) {
    const texts = arrays.get(array) ?? new Map<number, string>();
    arrays.set(array, texts.set(index, text));
  }
  const named = new Set<number>();
  return whole(frame);

  function whole(text: string): string {
    const parts: string[] = [];
    let end = 0;
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, end)) {
      wholeMarker.lastIndex = at;
      const [found, array, count] = wholeMarker.exec(text) ?? [];
      if (found === undefined) throw unreadable(`${text.slice(at, at + 40)} is no marker of pieces`);
      parts.push(text.slice(end, at), elements(Number(array), Number(count)));
      end = at + found.length;
    }
    return end === 0 ? text : parts.join("") + text.slice(end);
  }

  /** An array stands in one place. A text that says otherwise might have no end. */
  function elements(array: number, count: number): string {
    if (named.has(array)) throw unreadable(`array ${array} stands in two places`);
    named.add(array);
    const texts: string[] = [];
    for (let index = 0; index < count; index++) {
      const text = arrays.get(array)?.get(index);
      if (text === undefined) throw unreadable(`piece ${index} of array ${array} is missing`);
      texts.push(whole(text));
    }
    return texts.join(",");
  }
}

function unreadable(where: string): BackstitchError {
  return new BackstitchError("BS2104", {
    where,
    fix: "Put the rows of the store right that hold pieces of its frame, or cancel the run.",
  });
}

/**
 * The frame of a run that is shown. One that lacks pieces stays as it is stored, and whoever decodes it is told: a list of
 * runs must not fail for one of them.
 */
export function shownFrame(frame: string | null, pieces: readonly FramePiece[] = []): string | null {
  try {
    return frame && wholeFrame(frame, pieces);
  } catch {
    return frame;
  }
}

/** A run as a store shows it. Pieces of a frame that is sealed are left for whoever opens it. */
export function shownRun<Run extends { readonly frame: string | null }>(
  run: Run,
  pieces: readonly FramePiece[] = [],
): Run & StoredPieces {
  const isSealed = pieces.length > 0 && run.frame !== null && !run.frame.includes(marker);
  return { ...run, frame: shownFrame(run.frame, pieces), ...(isSealed && { pieces }) };
}

/** What is stored behind a commit, by array and index. */
export function piecesAfter(
  stored: readonly FramePiece[],
  { pieces = [], dropped = [] }: PieceChanges,
): readonly FramePiece[] {
  if (pieces.length === 0 && dropped.length === 0) return stored;
  const isKept = ({ array, index }: FramePiece) =>
    !dropped.includes(array) && !pieces.some((piece) => piece.array === array && piece.index === index);
  return [...stored.filter(isKept), ...pieces].sort((a, b) => a.array - b.array || a.index - b.index);
}
