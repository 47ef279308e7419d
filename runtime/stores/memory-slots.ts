/** The slots of a store in memory. */
import type { OpKey, Pool, SlotRequest } from "../store.ts";

/** A slot that an op has, or the one that it waits for. */
interface Slot extends OpKey {
  readonly pool: Pool;
  readonly rank: number;
  /** Pools that come after it. */
  readonly rest: readonly Pool[];
  held: boolean;
}

export class MemorySlots {
  /** In the order in which they began to wait. */
  readonly #slots = new Set<Slot>();

  of(run: string): { op: number; granted: boolean }[] {
    const mine = [...this.#slots].filter((slot) => slot.run === run);
    const ops = [...new Set(mine.map(({ op }) => op))].sort((a, b) => a - b);
    return ops.map((op) => ({ op, granted: mine.every((slot) => slot.op !== op || slot.held) }));
  }

  /** Answers the ops that have all their slots by it. */
  acquire(run: string, { op, pools, rank }: SlotRequest): OpKey[] {
    const asked = this.of(run).find((slot) => slot.op === op);
    if (asked) return asked.granted ? [{ run, op }] : [];
    return this.#enter({ run, op }, rank, pools);
  }

  /** Of these ops of a run; of all when none are named. Answers the ops that have all their slots by it. */
  giveBack(run: string, ops?: readonly number[]): OpKey[] {
    const gone = [...this.#slots].filter((slot) => slot.run === run && (ops?.includes(slot.op) ?? true));
    for (const slot of gone) this.#slots.delete(slot);
    return gone.filter(({ held }) => held).flatMap(({ pool }) => this.#serve(pool.name));
  }

  #enter({ run, op }: OpKey, rank: number, [pool, ...rest]: readonly Pool[]): OpKey[] {
    if (pool === undefined) return [{ run, op }];
    this.#slots.add({ run, op, pool, rank, rest, held: false });
    return this.#serve(pool.name, pool.limit);
  }

  /** @param limit as it is known now; default: the one that the next op came with */
  #serve(name: string, limit?: number): OpKey[] {
    const served: OpKey[] = [];
    for (;;) {
      const all = [...this.#slots].filter(({ pool }) => pool.name === name);
      const [next] = all.filter(({ held }) => !held).sort((a, b) => a.rank - b.rank);
      if (!next || all.filter(({ held }) => held).length >= (limit ?? next.pool.limit)) return served;
      next.held = true;
      served.push(...this.#enter(next, next.rank, next.rest));
    }
  }
}
