/** What callbacks wrote to variables of a run whose code is tried again from an earlier frame. */
import { decode, encode } from "../codec/index.ts";
import { own } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { homeOf } from "./closures.ts";
import { isObject } from "./thenables.ts";

/**
 * Takes over what callbacks that ended have written since that frame. Of objects that is a copy, and one that holds what only
 * the runtime knows is left as it was in the frame.
 *
 * @param ops whose callbacks have ended
 */
export function keepWrites(ops: readonly number[], from: Activation, to: Activation): void {
  for (const number of ops) {
    const [before, now] = [from, to].map((activation) => {
      const { callback } = activation.ops.get(number) ?? {};
      return callback && homeOf(callback)?.record;
    });
    if (!before || !now) continue;
    for (const [scope, name] of own(from.code(before.invocation.code)?.info.writes, before.id) ?? []) {
      const [source, target] = [before.scopes[scope], now.scopes[scope]];
      const value = source && target && Object.hasOwn(source, name) ? copyOf(source[name]) : undefined;
      if (target && value) target[name] = value.of;
    }
  }
}

function copyOf(value: unknown): { readonly of: unknown } | undefined {
  if (!isObject(value)) return { of: value };
  try {
    return { of: decode(encode(value)) };
  } catch {
    return undefined;
  }
}
