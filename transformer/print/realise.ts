/** Realises a rope on a MagicString. */
import type MagicString from "magic-string";
import type { Rope, Span } from "../ir.ts";

/** One stretch of the author's text and the generated text behind it. */
interface Placed {
  start: number;
  end: number;
  after: string;
}

/**
 * Makes `edits` print exactly `rope`, which must begin with a stretch at offset 0.
 *
 * Stretches that follow each other in the source are merged first, so that untouched text costs nothing. Generated text
 * hangs behind the stretch before it; what the rope leaves out is removed; stretches out of source order are moved.
 */
export function realise(rope: Rope, edits: MagicString): void {
  const placed = place(rope);
  removeUnused(placed, edits);
  moveDisordered(placed, edits);
  for (const { end, after } of placed) {
    if (after !== "") edits.appendLeft(end, after);
  }
}

function place(rope: Rope): Placed[] {
  const placed: Placed[] = [];
  let last: Placed | undefined;
  const add = (next: Rope): void => {
    if (typeof next === "string") {
      if (last === undefined) throw new Error("a rope begins with a stretch of source");
      last.after += next;
    } else if (Array.isArray(next)) {
      for (const inner of next) add(inner);
    } else {
      const { start, end } = next as Span;
      if (end <= start && last !== undefined) return;
      if (last !== undefined && last.after === "" && last.end === start) last.end = end;
      else {
        last = { start, end, after: "" };
        placed.push(last);
      }
    }
  };
  add(rope);
  return placed;
}

function removeUnused(placed: readonly Placed[], edits: MagicString): void {
  let position = 0;
  for (const { start, end } of [...placed].sort((a, b) => a.start - b.start)) {
    if (start < position)
      throw new Error(`source text at ${start} is used twice: ${edits.original.slice(start, start + 40)}`);
    if (start > position) edits.remove(position, start);
    position = end;
  }
  if (position < edits.original.length) edits.remove(position, edits.original.length);
}

/**
 * Puts the stretches in rope order. Those that stand in ascending order seen from the back stay where they are (all but
 * the closures' bodies, as a rule); each of the others is moved in front of its successor, the last one first.
 */
function moveDisordered(placed: readonly Placed[], edits: MagicString): void {
  const runs = adjacentRuns(placed);
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = runs.length - 1; i >= 0; i--) {
    const { start, end } = runs[i] as Span;
    if (start < lowest) lowest = start;
    else edits.move(start, end, (runs[i + 1] as Span).start);
  }
}

/** Stretches that touch in the source and follow each other in the rope move as one. */
function adjacentRuns(placed: readonly Placed[]): Span[] {
  const runs: { start: number; end: number }[] = [];
  for (const { start, end } of placed) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.end === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs;
}
