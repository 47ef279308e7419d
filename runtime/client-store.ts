/** What clients ask of whatever keeps their runs. */
import type { Store } from "./store.ts";

/** The part of a store that clients use: who sends, looks and tells, and works on no run. Engines give it as well. */
export type ClientStore = Pick<
  Store,
  | "open"
  | "close"
  | "putEvents"
  | "signal"
  | "cancel"
  | "resume"
  | "getRun"
  | "listRuns"
  | "listEvents"
  | "getParked"
  | "derive"
  | "listOutcomes"
  | "listSteps"
  | "moves"
  | "prune"
  | "pruneSteps"
>;
