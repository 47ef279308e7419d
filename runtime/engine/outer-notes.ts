/**
 * Which object of a module this process stored under a path. While it is there, a run that is loaded by the same process need
 * not guess what the path meant: the module may have changed what the object holds, or put another one in its place.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import type { OuterNames } from "./outer.ts";
import type { OuterPath } from "./outer-objects.ts";

/** Paths may have the keys of what comes and goes. */
const mostNotes = 10_000;

/** What was stored last under a path. */
interface Note {
  readonly last: WeakRef<object>;
  /** It is what a frame means, and holds what it is to hold. */
  readonly isSure: boolean;
}

const notesOf = new SafeWeakMap<OuterNames, Map<string, Note>>();

export function noteStored(names: OuterNames, path: OuterPath, value: object): void {
  const notes = notesOf.get(names) ?? (new SafeMap() as Map<string, Note>);
  const key = JSON.stringify(path);
  const known = notes.get(key);
  if (known?.last.deref() === value) return;
  if (notes.size >= mostNotes) notes.clear();
  notes.set(key, { last: new WeakRef(value), isSure: known === undefined });
  notesOf.set(names, notes);
}

/** Code went on behind a frame, and its run is to go on from there again: objects may hold more than they are to. */
export function doubtObjects(names: OuterNames): void {
  const notes = notesOf.get(names);
  for (const [key, { last }] of notes ?? [])
    if (typeof last.deref() !== "function") notes?.set(key, { last, isSure: false });
}

/** What this process stored last under a path, if anything; it may be gone. Not sure when several were, or by a run that went on. */
export function storedUnder(
  names: OuterNames,
  path: OuterPath,
): { readonly value: object | undefined; readonly isSure: boolean } | undefined {
  const note = notesOf.get(names)?.get(JSON.stringify(path));
  return note && { value: note.last.deref(), isSure: note.isSure };
}
