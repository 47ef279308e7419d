/** The code of a build, as its manifests tell. */

import {
  type ClosureInfo,
  type Edge,
  type EnclosingConstruct,
  type FunctionManifest,
  type Manifest,
  own,
  placeIn,
} from "../../runtime/manifest.ts";
import { type HeldFrame, kindAt, type Misfit, slotsAt } from "../../runtime/stored-runs.ts";

export class Build {
  readonly functions: readonly FunctionManifest[];

  constructor(manifests: readonly Manifest[]) {
    this.functions = manifests.flatMap(({ functions }) => functions);
  }

  /**
   * As the runtime finds the code of a frame: that of the same text and module, else that of the same module, else the only
   * one of its id. Two modules may have helpers of one name.
   */
  find(code: string, hash: string | undefined): FunctionManifest | undefined {
    const known = this.functions.filter((fn) => fn.code === code);
    if (known.length < 2) return known[0];
    const place = hash === undefined ? undefined : placeIn(hash);
    return known.find((fn) => fn.hash === hash) ?? known.find((fn) => placeIn(fn.hash) === place);
  }

  /** The outermost function around a function. */
  unitOf({ code }: Pick<FunctionManifest, "code">): FunctionManifest | undefined {
    return this.functions
      .filter(({ closures, code: unit }) => closures && (code === unit || code.startsWith(`${unit}/`)))
      .sort((a, b) => b.code.length - a.code.length)[0];
  }
}

/** The labels that edges lead to, whichever way control takes in between. */
export function labelsBehind(edges: readonly Edge[], { branches = {} }: FunctionManifest): ReadonlySet<string> {
  const found = new Set<string>();
  const passed = new Set<string>();
  const pending = [...edges];
  for (let edge = pending.pop(); edge; edge = pending.pop()) {
    if ("to" in edge) found.add(edge.to);
    if (!("branch" in edge) || passed.has(edge.branch)) continue;
    passed.add(edge.branch);
    pending.push(...(own(branches, edge.branch)?.next ?? []));
  }
  return found;
}

/** A construct as runs know it: the text of its condition or head may change. */
export function placeOf({ kind, name }: EnclosingConstruct): string {
  return JSON.stringify([kind, name]);
}

/** What a frame of this code holds at a label, at most. */
export function heldAt({ layout }: FunctionManifest, label: string, sameCode: boolean): HeldFrame {
  return {
    label,
    kind: kindAt(layout, label),
    scopes: Object.fromEntries(slotsAt(layout, own(layout.labels, label) ?? {})),
    cursors: own(layout.cursors, label) ?? [],
    resources: own(layout.resources, label) ?? [],
    completions: own(layout.completions, label) ?? {},
    parameters: layout.parameters ?? [],
    sameCode,
  };
}

/** Why a stored function cannot be made by the new code. `stored` names its scopes where that is known. */
export function closureMisfit(
  id: string,
  stored: readonly (string | undefined)[],
  now: ClosureInfo | undefined,
): Misfit | undefined {
  if (now === undefined) return { about: "closure", text: `it holds the function "${id}", which the code has no more` };
  const differs =
    now.scopes.length !== stored.length || now.scopes.some((scope, position) => !isSameScope(stored[position], scope));
  return differs
    ? { about: "closure", text: `it holds the function "${id}", which refers to variables of other scopes now` }
    : undefined;
}

/** `*a,b` is a scope of no frame, by the variables that are needed of it. */
function isSameScope(stored: string | undefined, now: string): boolean {
  if (stored === undefined) return true;
  if (!stored.startsWith("*") || !now.startsWith("*")) return stored === now || now === "*";
  const there = stored.slice(1).split(",");
  return (
    now === "*" ||
    now
      .slice(1)
      .split(",")
      .every((name) => there.includes(name))
  );
}
