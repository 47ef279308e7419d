/** What the conformance tests of moves share. The other side is a store in memory. */
import type { Clock } from "../../clock.ts";
import { Moves } from "../../moves.ts";
import type { Move, Store } from "../../store.ts";
import { addRun, app, claim, t0, turn } from "./support.ts";

export const move: Move = { id: "move-1", app };
export const later = t0 + 1_000;
const standing: Clock = { now: () => later, until: async () => {} };

export const movesOf = (store: Store) => new Moves(app, standing, async () => store);

export async function linesOf(store: Store, history = false): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of movesOf(store).export({ history })) lines.push(line);
  return lines;
}

/** A run that waits for an event, and one whose worker has let it go. */
export async function twoRuns(store: Store): Promise<void> {
  await addRun(store, "r1");
  await addRun(store, "r2");
  const claims = await claim(store);
  const waits = [{ op: 1, kind: "signal", name: "go" }] as const;
  await store.commit(
    claims.map((held) =>
      turn(held, {
        release: true,
        frame: `frame of ${held.run}`,
        wakeAt: held.run === "r1" ? null : later,
        waits: held.run === "r1" ? waits : [],
      }),
    ),
  );
}
