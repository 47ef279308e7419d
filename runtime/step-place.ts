/** Which step of which run a `StepContext` is of: for stores that write beside a step. */
export type { StepContext } from "./step-types.ts";

const key = Symbol.for("backstitch.step");

/** One attempt of a step, as its context knows it. */
export interface StepPlace {
  readonly run: string;
  readonly op: number;
  /** Whether the attempt has ended: what it does from then on counts for nothing. */
  readonly isOver: () => boolean;
}

/** What a context holds beside what authors see; copies of it hold the same. */
export function placed(place: StepPlace): object {
  return { [key]: place };
}

/** Undefined when this is no context of a step. */
export function placeOf(context: unknown): StepPlace | undefined {
  if (typeof context !== "object" || context === null) return undefined;
  return (context as { readonly [key]?: StepPlace })[key];
}
