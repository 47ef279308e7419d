import type { StepRow } from "./rows.ts";

/** Asked for ops in their order: the place of each among those with its id. */
export function opsCounted(
  before: Iterable<readonly [id: string, count: number]>,
): (row: Pick<StepRow, "op" | "id">) => number {
  const counts = new Map(before);
  let last: { readonly op: number; readonly index: number } | undefined;
  return ({ op, id }) => {
    if (last?.op === op) return last.index;
    const index = counts.get(id) ?? 0;
    counts.set(id, index + 1);
    last = { op, index };
    return index;
  };
}
