/** How stores name what belongs to a run. Part of `store.ts`. */

/** Names an op of a run. */
export interface OpKey {
  readonly run: string;
  readonly op: number;
}

export interface WaitMatch {
  readonly path: string;
  readonly value: string;
}

/** Of which run another one was made. */
export interface Origin {
  readonly run: string;
  /** The op from which it goes on; absent for one that begins anew. */
  readonly op?: number;
  /** How it goes on from there. Text of the codec; stores do not look at it. */
  readonly plan?: string;
}
