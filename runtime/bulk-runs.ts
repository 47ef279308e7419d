/** The same for many runs: pages of any length, of which one run at a time is in memory beside its page. */
import { BackstitchError } from "./faults.ts";
import type { Run } from "./types.ts";

/** How a call for many runs works. */
export interface BulkOptions {
  /** True does nothing, and counts. */
  readonly dryRun?: boolean | undefined;
}

/** What came of a call for many runs. */
export interface BulkResult {
  /** Runs that the filter meant. */
  readonly matched: number;
  /** Runs for which it was done; of a dry run, none. */
  readonly done: number;
  /** Those for which it was refused, with the reason: the first 100. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
}

const mostRefused = 100;

/** @param act false when there is nothing to do for the run */
export async function forAll(
  runs: AsyncIterable<Run>,
  { dryRun = false }: BulkOptions,
  act: (id: string) => Promise<unknown>,
): Promise<BulkResult> {
  let matched = 0;
  let done = 0;
  const refused: { id: string; reason: string }[] = [];
  for await (const { id } of runs) {
    matched++;
    if (dryRun) continue;
    try {
      if ((await act(id)) !== false) done++;
    } catch (error) {
      if (!(error instanceof BackstitchError)) throw error;
      if (refused.length < mostRefused) refused.push({ id, reason: error.message });
    }
  }
  return { matched, done, refused };
}
