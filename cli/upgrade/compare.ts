/** Two builds, label by label: what becomes of a run that the old code parked when the new code gets it. */

import { type ClosureInfo, type FunctionManifest, type Manifest, own } from "../../runtime/manifest.ts";
import { fitOf, type Misfit } from "../../runtime/stored-runs.ts";
import { changesOf, typeChanges } from "./changes.ts";
import { Build, closureMisfit, heldAt } from "./code.ts";
import { likelyName } from "./renames.ts";
import type { LabelReport, SlotToDo } from "./report.ts";

export function compareBuilds(before: readonly Manifest[], after: readonly Manifest[]): LabelReport[] {
  const old = new Build(before);
  const build = new Build(after);
  return old.functions.flatMap((fn) => {
    const now = build.find(fn.code, fn.hash);
    const closures = closureMisfits(old.unitOf(fn), build.unitOf(fn));
    return Object.keys(fn.layout.labels).map((label) =>
      now ? compareLabel(fn, now, label, closures) : gone(fn, label),
    );
  });
}

function gone({ code }: FunctionManifest, label: string): LabelReport {
  const reasons = ["no function of the new code has this id, or several have it"];
  return { code, label, verdict: "STRANDED", reasons, changes: [], defaults: [], missing: [] };
}

/** Functions of a unit that runs may hold and the new code does not make, with the place where they are held. */
type ClosureMisfits = readonly (Pick<ClosureInfo, "at" | "notAt"> & {
  readonly unit: string;
  readonly misfit: Misfit;
})[];

function closureMisfits(old: FunctionManifest | undefined, now: FunctionManifest | undefined): ClosureMisfits {
  return Object.entries(old?.closures ?? {}).flatMap(([id, { scopes, at, notAt }]) => {
    const misfit =
      closureMisfit(id, scopes, own(now?.closures, id)) ??
      (at === undefined ? keptMisfit(id, scopes, old, now) : undefined);
    return misfit ? [{ ...(at && { at }), ...(notAt && { notAt }), unit: old?.code ?? "", misfit }] : [];
  });
}

/** A function that outlives its scope has what was kept for it, and nothing more. */
function keptMisfit(
  id: string,
  scopes: readonly string[],
  old: FunctionManifest | undefined,
  now: FunctionManifest | undefined,
): Misfit | undefined {
  for (const scope of scopes) {
    if (scope === "") continue;
    const kept = own(old?.layout.kept, scope) ?? [];
    const missing = own(now?.layout.kept, scope)?.find((name) => !kept.includes(name));
    if (missing !== undefined) {
      return { about: "closure", text: `it may hold the function "${id}", for which "${missing}" was not kept` };
    }
  }
  return undefined;
}

function compareLabel(
  old: FunctionManifest,
  now: FunctionManifest,
  label: string,
  closures: ClosureMisfits,
): LabelReport {
  const { code } = old;
  const { misfits, defaults } = fitOf(heldAt(old, label, old.hash === now.hash), now.layout);
  if (misfits.some(({ about }) => about === "label")) return withoutLabel(old, now, label);
  const held = closures.filter(({ at, notAt, unit }) =>
    at ? at.code === code && at.label === label : unit !== code || !notAt?.includes(label),
  );
  const all = [...misfits, ...held.map(({ misfit }) => misfit)];
  const types = typeChanges(old, now, label);
  const reasons = [...all.map(({ text }) => text), ...types.map(({ text }) => text)];
  const missing = [...slotsOf(all, now, label), ...types.map(({ slot }) => slot)];
  const verdict = reasons.length > 0 ? "NEEDS MIGRATION" : defaults.length > 0 ? "SAFE WITH DEFAULT" : "SAFE";
  return { code, label, verdict, reasons, changes: changesOf(old, now, label), defaults, missing };
}

function withoutLabel(old: FunctionManifest, now: FunctionManifest, label: string): LabelReport {
  const { code } = old;
  const reasons = [`the function has no label ${JSON.stringify(label)}`];
  const renamedTo = likelyName(old, now, label);
  const row = { code, label, reasons, changes: [], defaults: [] };
  if (renamedTo === undefined) return { ...row, verdict: "STRANDED", missing: [] };
  const { misfits } = fitOf({ ...heldAt(old, label, false), label: renamedTo }, now.layout);
  return { ...row, verdict: "NEEDS MIGRATION", renamedTo, missing: slotsOf(misfits, now, renamedTo) };
}

/** Variables that the frame lacks, with the types that the new code has for them. */
export function slotsOf(misfits: readonly Misfit[], { labels }: FunctionManifest, label: string): SlotToDo[] {
  return misfits.flatMap(({ about, scope = "", name }) => {
    if (about !== "slot" || name === undefined) return [];
    const type = own(labels, label)?.slots.find((slot) => slot.scope === scope && slot.name === name)?.type;
    return [{ scope, name, ...(type !== undefined && { type }) }];
  });
}
