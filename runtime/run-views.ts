/** Runs and steps as they are shown. */
import { DecodeError, decode } from "./codec/index.ts";
import { handledFor } from "./engine/handling.ts";
import type { RunView, StoredStep } from "./store.ts";
import type { Run, StepAttempt } from "./types.ts";

export function toRun(view: RunView): Run {
  const { id, functionId, status, label, event, wakeAt, createdAt, updatedAt, endedAt, parent, origin, stepsRemoved } =
    view;
  const error = shown(view.error);
  return {
    id,
    functionId,
    status,
    label,
    event: { id: event.id, name: event.name, data: shown(event.data), ts: event.receivedAt },
    output: shown(view.output),
    error,
    handling: handledFor(error),
    wakeAt,
    createdAt,
    updatedAt,
    endedAt,
    parent,
    origin: origin && { run: origin.run, op: origin.op },
    stepsRemoved,
  };
}

export function toStepAttempt({ input, output, error, rollback, ...step }: StoredStep): StepAttempt {
  return { ...step, rollback: rollback === true, input: shown(input), output: shown(output), error: shown(error) };
}

/** A value that cannot be read is shown as the error that says why, so that it hides nothing else. */
export function shown(text: string | null | undefined): unknown {
  if (text === null || text === undefined) return undefined;
  try {
    return decode(text);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
