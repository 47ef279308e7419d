/**
 * Which object of a module this process stored under a path. While it is there, a run that is loaded by the same process need
 * not guess what the path meant: the module may have changed what the object holds, or put another one in its place.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import type { OuterNames } from "./outer.ts";
import type { OuterPath } from "./outer-objects.ts";

/** Paths may have the keys of what comes and goes. */
const mostNotes = 10_000;

/** Stored under one path by now. */
interface Note {
  readonly last: WeakRef<object>;
  /** Another one was before: a frame may mean either. */
  readonly isOneOfMany: boolean;
}

const notesOf = new SafeWeakMap<OuterNames, Map<string, Note>>();

export function noteStored(names: OuterNames, path: OuterPath, value: object): void {
  const notes = notesOf.get(names) ?? (new SafeMap() as Map<string, Note>);
  const key = JSON.stringify(path);
  const known = notes.get(key);
  if (known?.last.deref() === value) return;
  if (notes.size >= mostNotes) notes.clear();
  notes.set(key, { last: new WeakRef(value), isOneOfMany: known !== undefined });
  notesOf.set(names, notes);
}

/** What was stored last under a path by this process, if anything; it may be gone. */
export function storedUnder(
  names: OuterNames,
  path: OuterPath,
): { readonly value: object | undefined; readonly isOneOfMany: boolean } | undefined {
  const note = notesOf.get(names)?.get(JSON.stringify(path));
  return note && { value: note.last.deref(), isOneOfMany: note.isOneOfMany };
}
