/**
 * Arrays that only get longer, in a value that is encoded over and over: elements whose texts cannot change any more are
 * neither visited nor written again. Who encodes the value knows which arrays these are, and keeps the texts.
 */

/** What stands for the first elements of an array. */
export interface Grown {
  /** Separated by commas; empty for no element. */
  readonly text: string;
  readonly count: number;
}

export interface Growth {
  /** Undefined for an array that is written as any other. */
  grown(array: readonly unknown[]): Grown | undefined;
  /** An element behind those that have their texts was written, with no reference in it. Answers whether it stays so. */
  add(array: readonly unknown[], element: unknown, text: string): boolean;
  /** What was added is forgotten: the value is written anew. */
  restart(): void;
  /** The value was written: what was added will be part of what `grown` gives. */
  settle(): void;
}
