/** What a test makes of the attempts of steps: which fail, and what stands in for the callbacks. */
import type { FailingStep, Mock, StepCall, StepPlace, TestRunOptions } from "./test-run.ts";

export type Script = (call: StepCall, real: () => unknown) => unknown;

/** Undefined when the options leave all attempts as they are: nothing is retried then. */
export function scriptOf({ steps, mock, failAt, crashAt }: TestRunOptions): Script | undefined {
  if (!steps && mock === undefined && failAt === undefined && crashAt === undefined) return undefined;
  const failing: readonly FailingStep[] = placesOf(failAt);
  return (call, real) => {
    const failure = failing.find((place) => isAt(place, call));
    if (failure) throw failure.error ?? new Error(`step "${call.id}" fails: \`failAt\` of the test says so`);
    const stood = mock && Object.hasOwn(mock, call.id) ? () => mocked(mock[call.id], call) : real;
    return steps ? steps(call, stood) : stood();
  };
}

/** What a mock gives for an attempt. */
export function mocked(given: Mock, call: StepCall): unknown {
  return typeof given === "function" ? (given as (call: StepCall) => unknown)(call) : given;
}

/** An option that takes one place or several, each as an object. */
export function placesOf<Place extends StepPlace>(
  given: string | Place | readonly (string | Place)[] | undefined,
): (Place | StepPlace)[] {
  const list = (given === undefined ? [] : Array.isArray(given) ? given : [given]) as readonly (string | Place)[];
  return list.map((place) => (typeof place === "string" ? { id: place } : place));
}

export function isAt(place: StepPlace, call: Omit<StepCall, "input">): boolean {
  const { id, index = call.index, attempt = call.attempt } = place;
  return id === call.id && index === call.index && attempt === call.attempt;
}
