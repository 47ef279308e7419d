/** What the demo claims at its end: computed from the services' own records and the database. */
import { countCalls, type RunFacts, type StepFacts, stepInFlight } from "./facts.js";

export interface Check {
  readonly claim: string;
  readonly holds: boolean;
  /** The numbers behind it, for the reader of a check that failed. */
  readonly found: unknown;
}

/** Both runs, once when the first worker was dead and once at the end. */
export interface Story {
  readonly atKill: readonly RunFacts[];
  readonly atEnd: readonly RunFacts[];
  readonly secondWorker: number;
}

export function checkStory({ atKill, atEnd, secondWorker }: Story): Check[] {
  const places = atKill.map(stepInFlight).map((step) => step?.id);
  const labels = atKill.map(({ run }) => run.label);
  const settled = atKill.flatMap(({ steps }) => steps).filter(({ outcome }) => outcome !== undefined);
  const repeated = settled.filter(({ id }) => countCalls(stepOf(atEnd, id), "called", secondWorker) > 0);
  const rollback = stepOf(atEnd, "rollback-row-creation");
  const message = lastDetail(stepOf(atEnd, "notify-user"));
  const effects = ["generate-image-midjourney", "notify-user", "rollback-row-creation"].map((id) =>
    countCalls(stepOf(atEnd, id), "done"),
  );
  const statuses = atEnd.map(({ run }) => run.status);
  return [
    {
      claim: "the worker was killed inside rollback-row-creation and notify-user",
      holds: places.join() === "notify-user,rollback-row-creation" && labels.join() === places.join(),
      found: { places, labels },
    },
    {
      claim: `none of the ${settled.length} steps that were recorded by then was executed again`,
      holds: settled.length === 4 && repeated.length === 0,
      found: { settled: settled.map(({ id }) => id), repeated: repeated.map(({ id }) => id) },
    },
    {
      claim: "1 image was made, 1 message was sent, the row was removed 1 time",
      holds: effects.every((count) => count === 1),
      found: effects,
    },
    {
      claim: 'the message carries what the catch block assigned: via "midjourney"',
      holds: message?.via === "midjourney" && typeof message.imageURL === "string",
      found: message,
    },
    {
      claim: "the rollback ended in the second worker, and both runs are completed",
      holds:
        countCalls(rollback, "done", secondWorker) === 1 &&
        rollback?.outcome?.status === "completed" &&
        statuses.every((status) => status === "completed"),
      found: { rollback: rollback?.outcome, statuses },
    },
  ];
}

function stepOf(runs: readonly RunFacts[], id: string): StepFacts | undefined {
  return runs.flatMap(({ steps }) => steps).find((step) => step.id === id);
}

function lastDetail(step: StepFacts | undefined): { readonly imageURL?: unknown; readonly via?: unknown } | undefined {
  return step?.calls.findLast(({ what }) => what === "done")?.detail as ReturnType<typeof lastDetail>;
}
