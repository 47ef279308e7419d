/** Which pools of slots the steps of a run take from. */
import type { Logger } from "../engine/contract.ts";
import type { Expression } from "../expressions.ts";
import type { Pool } from "../store.ts";
import type { BackstitchEvent } from "../types.ts";

/** One limit of steps that execute at once. */
export interface Limit {
  readonly limit: number;
  readonly scope: "fn" | "env" | "account";
  readonly key: Expression | undefined;
}

/**
 * The pools of a run's steps, narrow ones first: whoever waits in a wide one keeps only what others of its own kind want.
 * All requests have this order, so that no two steps wait for each other.
 */
export function poolsOf(
  limits: readonly Limit[],
  fn: { readonly app: string; readonly id: string },
  event: BackstitchEvent,
  logger: Logger,
): readonly Pool[] {
  const pools = limits.map((limit) => ({ name: nameOf(limit, fn, event, logger), limit: limit.limit }));
  return pools.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Two limits of one function and key are one pool only if they are written alike. Names sort by their scope. */
function nameOf({ scope, key }: Limit, fn: { app: string; id: string }, event: BackstitchEvent, logger: Logger) {
  const value = key?.key({ event }, logger) ?? "";
  if (scope === "account") return JSON.stringify(["3 account", value]);
  if (scope === "env") return JSON.stringify(["2 env", fn.app, value]);
  return key ? JSON.stringify(["0 key", fn.app, fn.id, key.text, value]) : JSON.stringify(["1 fn", fn.app, fn.id]);
}
