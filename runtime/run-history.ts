/** All that is known of a run. */

import type { ClientStore } from "./client-store.ts";
import { type RunStep, stepsOf } from "./recorded.ts";
import { type PendingStep, stateOf } from "./run-state.ts";
import { toRun, toStepAttempt } from "./run-views.ts";
import type { RunView } from "./store.ts";
import type { Run, StepAttempt } from "./types.ts";

export interface RunHistory {
  readonly run: Run;
  /** Attempts that have ended, by op and attempt. */
  readonly steps: readonly HistoryStep[];
  /** Steps, sleeps and waits under way; none once the run has ended. */
  readonly pending: readonly PendingStep[];
  /** Runs that it started with `step.invoke`, oldest first. `parent.op` names the step. At most 1,000. */
  readonly children: readonly Run[];
  /** Its reruns and forks, oldest first. At most 1,000. */
  readonly derived: readonly Run[];
}

export interface HistoryStep extends StepAttempt {
  /** Id of the run that executed it: another one, when this run took its outcome over. */
  readonly run: string;
}

/** Runs of one kind that a history shows. */
const mostRelated = 1_000;

export async function historyOf(store: ClientStore, view: RunView): Promise<RunHistory> {
  const steps: HistoryStep[] = [];
  for await (const step of stepsOf(store, view.id)) steps.push(toHistoryStep(step));
  const parked = await store.getParked(view.id);
  const related = async (link: "parent" | "origin") => {
    const { runs } = await store.listRuns({ app: view.app, limit: mostRelated, [link]: view.id });
    return runs.map(toRun).reverse();
  };
  return {
    run: toRun(view),
    steps,
    pending: parked === undefined ? [] : stateOf(parked).pending,
    children: await related("parent"),
    derived: await related("origin"),
  };
}

function toHistoryStep({ run, ...step }: RunStep): HistoryStep {
  return { ...toStepAttempt(step), run };
}
