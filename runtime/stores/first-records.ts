/** Which step records of a run are removed first. The same for all stores. */

/** The attempts of an op that are recorded. */
export interface OpRecords {
  readonly op: number;
  /** When the last of them ended. */
  readonly endedAt: number;
  readonly count: number;
}

export interface FirstRecords {
  /** The op up to which they are removed. */
  readonly last: number;
  readonly count: number;
  /** Whether others are left. */
  readonly rest: boolean;
}

export interface Removable {
  /** Those that ended before this time. */
  readonly before: number;
  /** Those of ops in front of this one. */
  readonly keptFrom: number;
}

/** What is removed of a run that has ended. */
export const all: Removable = { before: 0, keptFrom: Number.POSITIVE_INFINITY };

/**
 * The records of the first ops, as far as they can be removed and within the limit, but for the attempts of one op.
 *
 * @param ops of the run in their order, at least one more than the limit if there are as many
 */
export function firstRecords(ops: readonly OpRecords[], limit: number, { before, keptFrom }: Removable): FirstRecords {
  let last = 0;
  let count = 0;
  for (const op of ops) {
    const isRemovable = op.endedAt < before || op.op < keptFrom;
    const hasRoom = count === 0 ? limit > 0 : count + op.count <= limit;
    if (!isRemovable || !hasRoom) return { last, count, rest: true };
    last = op.op;
    count += op.count;
  }
  return { last, count, rest: false };
}
