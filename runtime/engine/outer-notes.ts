/**
 * What this process stored of values of modules. Where a run goes on in the process that let it go, its objects are known by
 * identity, whatever the module has done with them; a function must be what its name meant when it was stored.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import type { OuterNames } from "./outer.ts";
import type { OuterPath } from "./outer-objects.ts";

/** Runs may go on elsewhere, and paths may have the keys of what comes and goes. */
const mostNotes = 10_000;

/** What the paths in the frame of a run mean, by code and path. */
export type StoredPaths = ReadonlyMap<string, WeakRef<object>>;

interface LetGo {
  readonly commits: number;
  readonly stored: StoredPaths;
}

const letGo = new SafeMap<string, LetGo>();

/** The run is let go behind so many commits, the last of which stored this. */
export function noteLetGo(run: string, commits: number, stored: StoredPaths): void {
  if (stored.size === 0) return;
  if (letGo.size >= mostNotes) letGo.clear();
  letGo.set(run, { commits, stored });
}

/** What the frame means if this process let the run go there, and nobody has gone on with it since. To be asked once. */
export function takeLetGo(run: string, commits: number): StoredPaths | undefined {
  const known = letGo.get(run);
  letGo.delete(run);
  return known?.commits === commits ? known.stored : undefined;
}

const functionsOf = new SafeWeakMap<OuterNames, Map<string, WeakRef<object>>>();

/** Under one path there may have been several: the last one counts. */
export function noteFunction(names: OuterNames, path: OuterPath, fn: object): void {
  const notes = functionsOf.get(names) ?? (new SafeMap() as Map<string, WeakRef<object>>);
  const key = JSON.stringify(path);
  if (notes.get(key)?.deref() === fn) return;
  if (notes.size >= mostNotes) notes.clear();
  notes.set(key, new WeakRef(fn));
  functionsOf.set(names, notes);
}

/** Whether a function was exchanged since this process stored it: another one stands at its path. */
export function wasExchanged(names: OuterNames, path: OuterPath, value: unknown): boolean {
  const before = functionsOf.get(names)?.get(JSON.stringify(path))?.deref();
  return before !== undefined && before !== value;
}
