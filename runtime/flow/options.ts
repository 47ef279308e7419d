/** Checks the flow options of a function, and compiles their expressions. */
import { checkedConcurrency } from "./concurrency.ts";
import type { Limit } from "./pools.ts";

/** The flow options of a function as the runtime knows them. */
export interface Flow {
  readonly concurrency: readonly Limit[];
}

export const flowKeys = ["concurrency"];

/**
 * @param options as given to `createFunction`
 * @param where names the function
 * @throws BackstitchError BS2040 and up when an option is wrong, BS2017 when an expression is
 * @returns undefined when there are none
 */
export function checkedFlow(options: Readonly<Record<string, unknown>>, where: string): Flow | undefined {
  if (!flowKeys.some((key) => options[key] !== undefined)) return undefined;
  return { concurrency: checkedConcurrency(options["concurrency"], where) };
}
