/** Runs that an engine executes, as a store shows them: for searches that the engine has no index for. Part of `store.ts`. */
import type { RunView } from "./store.ts";

/** A run as it is shown. */
export interface ProjectedRun extends RunView {
  /** Grows with each change of it. */
  readonly revision: number;
}

export interface StoreProjection {
  /**
   * Keeps what is shown of runs of an app, but for what is older than what is kept. The app is an engine's from then on: here
   * nobody gets work of it, and `cancel`, `resume` and whatever is refused of an app that is away rejects.
   *
   * @param asOf all that had become of the app's runs until then is kept; left out, that is as before
   */
  put(app: string, runs: readonly ProjectedRun[], asOf?: number): Promise<void>;
  /** Undefined when the store has no projection of the app, or none that has been whole. */
  asOf(app: string): Promise<number | undefined>;
}
