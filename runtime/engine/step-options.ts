/** What `step.run({ id, … }, …)` says beside the name: how the step is tried. */
import type { Duration } from "../duration.ts";
import { anyLength, checkedLength, checkInteger, checkKeys } from "../options.ts";
import { checkedBackoff } from "../retry.ts";
import type { OpOptions } from "./ops.ts";

export const retriesRange = { least: 0, most: 100 };
const known = ["id", "name", "parallelMode", "retries", "timeout", "backoff"];

/** @throws BackstitchError BS2013 when an option is wrong */
export function stepOptions(id: unknown, where: string): OpOptions | undefined {
  checkKeys(id, known, where);
  const { retries, timeout, backoff } = id as { retries?: number; timeout?: Duration; backoff?: unknown };
  if (retries === undefined && timeout === undefined && backoff === undefined) return undefined;
  if (retries !== undefined) checkInteger(retries, "retries", retriesRange, where);
  return {
    ...(retries !== undefined && { retries }),
    ...(timeout !== undefined && { timeoutMs: checkedLength(timeout, "timeout", anyLength, where) }),
    ...(backoff !== undefined && { backoff: checkedBackoff(backoff, where) }),
  };
}
