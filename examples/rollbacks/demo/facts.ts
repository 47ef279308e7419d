/** What is known of the two runs at a moment: from the database, and from what the services wrote. */
import type { Run, StepAttempt } from "backstitch";
import { inngest } from "../client.js";
import { type ServiceCall, serviceCalls } from "../services.js";

/** A step that was called or recorded. */
export interface StepFacts {
  readonly id: string;
  /** Recorded attempts, oldest first. */
  readonly attempts: readonly StepAttempt[];
  /** The recorded end of the last attempt, when there will be no other. */
  readonly outcome: StepAttempt | undefined;
  /** What the services wrote of it. */
  readonly calls: readonly ServiceCall[];
}

export interface RunFacts {
  readonly run: Run;
  /** In the order of the program. */
  readonly steps: readonly StepFacts[];
}

/** Which services the steps of the two programs call: the steps in the order of the program. */
const services: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "generate-result": {
    "generate-image-dall-e": ["dalle"],
    "generate-image-midjourney": ["midjourney"],
    "notify-user": ["pusher"],
  },
  "add-data": {
    "non-critical-step": ["updateMetric"],
    "create-row": ["createRow", "addDetail"],
    "rollback-row-creation": ["removeRow"],
  },
};

/** The facts of the run of a function; undefined as long as there is no run. */
export async function factsOf(functionId: string): Promise<RunFacts | undefined> {
  const [run] = await inngest.runs.list({ functionId });
  if (run === undefined) return undefined;
  const recorded = await inngest.runs.steps(run.id);
  const written = serviceCalls();
  const steps = Object.entries(services[functionId] ?? {}).map(([id, used]): StepFacts => {
    const attempts = recorded.filter((attempt) => attempt.id === id);
    const outcome = attempts.find(({ status }) => status !== "retrying");
    return { id, attempts, outcome, calls: written.filter(({ service }) => used.includes(service)) };
  });
  return { run, steps: steps.filter(({ attempts, calls }) => attempts.length + calls.length > 0) };
}

/** The step whose service was called and has not answered. */
export function stepInFlight({ steps }: RunFacts): StepFacts | undefined {
  return steps.find(({ outcome, calls }) => outcome === undefined && calls.at(-1)?.what === "called");
}

/** How often the services of a step were called, by one process or by all. */
export function countCalls(step: StepFacts | undefined, what: ServiceCall["what"], pid?: number): number {
  const calls = step?.calls ?? [];
  return calls.filter((call) => call.what === what && (pid === undefined || call.pid === pid)).length;
}
