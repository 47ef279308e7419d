/**
 * Which object of a module this process stored under a path. A run whose frame it wrote need not guess what the path means: the
 * module may have changed what the object holds, or have put another one in its place.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import type { OuterNames } from "./outer.ts";
import type { OuterPath } from "./outer-objects.ts";

/** Paths may have the keys of what comes and goes, and runs end elsewhere. */
const mostNotes = 10_000;

/** What was stored last under a path. */
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

/** What this process stored last under a path, if anything; it may be gone. */
export function storedUnder(
  names: OuterNames,
  path: OuterPath,
): { readonly value: object | undefined; readonly isOneOfMany: boolean } | undefined {
  const note = notesOf.get(names)?.get(JSON.stringify(path));
  return note && { value: note.last.deref(), isOneOfMany: note.isOneOfMany };
}

/** Commits of runs that this process let go with such objects in their frames. */
const letGo = new SafeMap<string, number>();

export function noteLetGo(run: string, commits: number): void {
  if (letGo.size >= mostNotes) letGo.clear();
  letGo.set(run, commits);
}

/** Whether this process let the run go, and nobody has gone on with it since. To be asked once, by who goes on with it. */
export function takeLetGo(run: string, commits: number): boolean {
  const isSame = letGo.get(run) === commits;
  letGo.delete(run);
  return isSame;
}
