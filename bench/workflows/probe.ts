/** The hook by which a benchmark sees the steps of its workflow. */
export interface Probe {
  /** Called by each executed step with its number in the run, from 0. What it gives is the step's output. */
  step(index: number): string;
}

/** Shared by all workflows; a benchmark replaces its method before it starts a run. */
export const probe: Probe = { step: () => "" };
