/** What waits are found by: a store compares it, so equal values have equal texts, which tell nothing else. */
import type { NewWait, WaitMatch } from "../store.ts";
import type { NamedKey } from "./keys.ts";
import { hidden } from "./seal.ts";

function hiddenMatch({ path, value }: WaitMatch, key: NamedKey): WaitMatch {
  return { path, value: hidden(value, ["match", path], key) };
}

/** What makes waits, with the values hidden by which they are found. */
export function withHiddenMatches<Holder extends { readonly waits?: readonly NewWait[] }>(
  holder: Holder,
  key: NamedKey,
): Holder {
  if (holder.waits === undefined) return holder;
  const waits = holder.waits.map((wait) => (wait.match ? { ...wait, match: hiddenMatch(wait.match, key) } : wait));
  return { ...holder, waits };
}

/** All forms in which a match may be stored: a wait may have begun under an older key, or without any. */
export function storedMatches(
  match: WaitMatch | undefined,
  keys: readonly NamedKey[],
): readonly (WaitMatch | undefined)[] {
  return match === undefined ? [undefined] : [match, ...keys.map((key) => hiddenMatch(match, key))];
}
