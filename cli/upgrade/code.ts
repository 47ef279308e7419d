/** The code of a build, as its manifests tell. */
import type { HeldFrame, Misfit } from "../../runtime/engine/fit.ts";
import { kindAt, slotsAt } from "../../runtime/engine/fit.ts";
import type { ClosureInfo, FunctionManifest, Manifest } from "../../runtime/manifest.ts";

export class Build {
  readonly functions: readonly FunctionManifest[];

  constructor(manifests: readonly Manifest[]) {
    this.functions = manifests.flatMap(({ functions }) => functions);
  }

  /**
   * As the runtime finds the code of a frame: that of the same text, else the only one of its id. Two modules may have
   * helpers of one name.
   */
  find(code: string, hash: string | undefined): FunctionManifest | undefined {
    const known = this.functions.filter((fn) => fn.code === code);
    return known.find((fn) => fn.hash === hash) ?? (known.length === 1 ? known[0] : undefined);
  }

  /** The outermost function around a function. */
  unitOf({ code }: Pick<FunctionManifest, "code">): FunctionManifest | undefined {
    return this.functions
      .filter(({ closures, code: unit }) => closures && (code === unit || code.startsWith(`${unit}/`)))
      .sort((a, b) => b.code.length - a.code.length)[0];
  }
}

/** What a frame of this code holds at a label, at most. */
export function heldAt({ layout }: FunctionManifest, label: string, sameCode: boolean): HeldFrame {
  return {
    label,
    kind: kindAt(layout, label),
    scopes: Object.fromEntries(slotsAt(layout, layout.labels[label] ?? {})),
    cursors: layout.cursors?.[label] ?? [],
    completions: layout.completions?.[label] ?? {},
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
