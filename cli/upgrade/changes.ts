/** What is different about a label that both builds have. */
import { type EnclosingConstruct, type FunctionManifest, type LabelInfo, own } from "../../runtime/manifest.ts";
import { labelsBehind, placeOf } from "./code.ts";
import type { SlotToDo } from "./report.ts";

/** Types are known to the compiler alone: the runtime does not see that a variable has another one now. */
export function typeChanges(
  old: FunctionManifest,
  now: FunctionManifest,
  label: string,
): { readonly text: string; readonly slot: SlotToDo }[] {
  const before = own(old.labels, label)?.slots ?? [];
  return (own(now.labels, label)?.slots ?? []).flatMap(({ scope, name, type }) => {
    const was = before.find((slot) => slot.scope === scope && slot.name === name)?.type;
    if (type === undefined || was === undefined || type === was) return [];
    return [
      {
        text: `the type of "${name}" was ${was} and is ${type}; the runtime does not see it, \`migrate\` must convert the value`,
        slot: { scope, name, type },
      },
    ];
  });
}

export function changesOf(old: FunctionManifest, now: FunctionManifest, label: string): string[] {
  const before = own(old.labels, label);
  const after = own(now.labels, label);
  if (before === undefined || after === undefined) return [];
  const placed = constructChanges(before, after);
  const moved = placed.length === 0 && precedingOf(old, now, label) !== precedingOf(now, old, label);
  return [...placed, ...(moved ? ["moved"] : []), ...newSteps(old, now, before, after)];
}

function constructChanges({ within: before }: LabelInfo, { within: after }: LabelInfo): string[] {
  return [
    ...without(after, before).map((construct) => `moved into ${nameOf(construct)}`),
    ...without(before, after).map((construct) => `moved out of ${nameOf(construct)}`),
  ];
}

function without(all: readonly EnclosingConstruct[], known: readonly EnclosingConstruct[]): EnclosingConstruct[] {
  const left = known.map(placeOf);
  return all.filter((construct) => {
    const position = left.indexOf(placeOf(construct));
    if (position === -1) return true;
    left.splice(position, 1);
    return false;
  });
}

function nameOf({ kind, name }: EnclosingConstruct): string {
  return name === undefined ? `a ${kind}` : `the ${kind} "${name}"`;
}

/** The label in front of it in the source, of those that both builds have. */
function precedingOf({ labels }: FunctionManifest, other: FunctionManifest, label: string): string | undefined {
  const common = Object.keys(labels).filter((name) => Object.hasOwn(other.labels, name));
  common.sort((a, b) => positionOf(labels[a]) - positionOf(labels[b]));
  return common[common.indexOf(label) - 1];
}

function positionOf(info: LabelInfo | undefined): number {
  return info ? info.range.line * 100_000 + info.range.column : 0;
}

/** Steps that the run will meet next and that it would not have met. */
function newSteps(old: FunctionManifest, now: FunctionManifest, before: LabelInfo, after: LabelInfo): string[] {
  const known = labelsBehind(before.next, old);
  return [...labelsBehind(after.next, now)].flatMap((label) =>
    known.has(label) || Object.hasOwn(old.labels, label) ? [] : [`"${label}" may come next`],
  );
}
