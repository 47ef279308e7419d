/** Which label took the place of one that is gone. A guess for people: the runtime never makes it. */
import { type FunctionManifest, own } from "../../runtime/manifest.ts";
import { labelsBehind, placeOf } from "./code.ts";

/** The one new label of the same kind in the same constructs, between the same neighbours where several could be it. */
export function likelyName(old: FunctionManifest, now: FunctionManifest, label: string): string | undefined {
  const info = own(old.labels, label);
  if (info === undefined) return undefined;
  const places = (within: typeof info.within) => within.map(placeOf).join();
  const constructs = places(info.within);
  const candidates = Object.entries(now.labels).filter(
    ([name, { kind, within }]) =>
      !Object.hasOwn(old.labels, name) && kind === info.kind && places(within) === constructs,
  );
  const gone = Object.entries(old.labels).filter(
    ([name, { kind, within }]) =>
      !Object.hasOwn(now.labels, name) && kind === info.kind && places(within) === constructs,
  );
  if (candidates.length === 1 && gone.length === 1) return candidates[0]?.[0];
  const beside = candidates.filter(([name]) => around(now, name) === around(old, label));
  return beside.length === 1 ? beside[0]?.[0] : undefined;
}

/** Where control comes from and goes to. */
function around(fn: FunctionManifest, label: string): string {
  const before = Object.entries(fn.labels).flatMap(([name, { next }]) =>
    labelsBehind(next, fn).has(label) ? [name] : [],
  );
  return JSON.stringify([before, [...labelsBehind(own(fn.labels, label)?.next ?? [], fn)].sort()]);
}
