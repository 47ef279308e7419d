/**
 * What callbacks changed of a run that its last frame does not have, where the code beside them is tried again, or is in an
 * ordinary await. An outcome never becomes known without what its callback changed: the change is kept, or the outcome waits
 * for the next frame, or the attempt counts as lost, as in a crash, and is made again.
 */
import { decode, encode, SafeMap, SafeSet } from "../codec/index.ts";
import { own } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { homeOf } from "./closures.ts";
import type { Inputs } from "./inputs.ts";
import { leavesFrame } from "./leaves-frame.ts";
import { decodeActivation } from "./read-image.ts";
import { StateComparison } from "./same-state.ts";
import type { ScopeRecord } from "./scopes.ts";
import { isObject } from "./thenables.ts";

/**
 * The code of `failed` is tried again from an earlier frame. What callbacks that ended have written to variables since is
 * taken over; an attempt that changed anything else is made again.
 */
export function keepChanges(inputs: Inputs, failed: Activation, loaded: Activation): void {
  const { logger, run } = failed.owner;
  const undone = new SafeMap<ScopeRecord, Set<string>>();
  for (;;) {
    const kept = inputs.ended.map((number) => ({ number, writes: keepWrites(number, failed, loaded, undone) }));
    const again = kept.filter(({ number }) => !reachesTheSame(number, failed, loaded));
    if (again.length === 0) return;
    // What these wrote is in what the others wrote to the same variables.
    for (const { target, name, before } of kept.flatMap(({ writes }) => writes).reverse()) target[name] = before;
    for (const { number, writes } of again) {
      for (const { target, name } of writes) undone.set(target, (undone.get(target) ?? new SafeSet()).add(name));
      inputs.takeEnded(({ op }) => op === number);
      const what = `step ${JSON.stringify(loaded.ops.get(number)?.id)} is executed again`;
      logger.warn(`backstitch: run ${run}: ${what}: what it changed was undone with the code beside it that threw`);
    }
  }
}

/** Whether a stored frame has all that the callback of an op can have changed. */
export function isWholeIn(text: string | null, number: number, activation: Activation): boolean {
  const op = activation.ops.get(number);
  if (text === null || op === undefined || leavesFrame(op)) return true;
  return reachesTheSame(number, activation, decodeActivation(text, activation.owner));
}

/** A variable of a loaded run that got what a callback has written to it. */
interface KeptWrite {
  readonly target: ScopeRecord;
  readonly name: string;
  readonly before: unknown;
}

/**
 * Of objects that is a copy, and one that holds what only the runtime knows is left as it was in the frame.
 *
 * @param undone variables of which it is not known what the attempts that are made again have written to them
 */
function keepWrites(
  number: number,
  from: Activation,
  to: Activation,
  undone: { get(record: ScopeRecord): ReadonlySet<string> | undefined },
): KeptWrite[] {
  const [before, now] = [from, to].map((activation) => {
    const { callback } = activation.ops.get(number) ?? {};
    return callback && homeOf(callback)?.record;
  });
  if (!before || !now) return [];
  const writes: KeptWrite[] = [];
  for (const [scope, name] of own(from.code(before.invocation.code)?.info.writes, before.id) ?? []) {
    const [source, target] = [before.scopes[scope], now.scopes[scope]];
    const value = source && target && Object.hasOwn(source, name) ? copyOf(source[name]) : undefined;
    if (!target || !value || undone.get(target)?.has(name)) continue;
    writes.push({ target, name, before: target[name] });
    target[name] = value.of;
  }
  return writes;
}

function copyOf(value: unknown): { readonly of: unknown } | undefined {
  if (!isObject(value)) return { of: value };
  try {
    return { of: decode(encode(value)) };
  } catch {
    return undefined;
  }
}

/** Whether all that the callback of an op has hold of is as it was loaded. */
function reachesTheSame(number: number, now: Activation, loaded: Activation): boolean {
  const [op, other] = [now, loaded].map(({ ops }) => ops.get(number));
  if (op === undefined || other === undefined) return false;
  return (
    leavesFrame(op) || new StateComparison(now, loaded).same([op.callback, op.input], [other.callback, other.input])
  );
}
