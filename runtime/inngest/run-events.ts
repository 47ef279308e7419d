/** The names that the runtime's own events have in Inngest. */
import type { BackstitchEvent, Untyped } from "../types.ts";

/** Events that the runtime sends about runs. */
export interface RunEvents {
  "inngest/function.failed": { data: EndOfRun & { error: Untyped } };
  "inngest/function.cancelled": { data: EndOfRun };
}

interface EndOfRun {
  function_id: string;
  run_id: string;
  event: Untyped;
}

/** The event of a run that a schedule started; `ts` is the time that fits. */
export type ScheduledTimer = BackstitchEvent<"inngest/scheduled.timer", { cron: string }>;

const names = /^(backstitch|inngest)(?=\/(?:function\.(?:failed|cancelled|invoked)|scheduled\.timer)$)/;

/**
 * The name that the runtime has for an event of Inngest's. `inngest/function.finished` and others that nobody sends here
 * have one that is refused.
 */
export function ownName(name: string): string {
  return name.replace(/^inngest(?=\/(?:function|scheduled)\.)/, "backstitch");
}

/** An event as code that was written for Inngest expects it, with the event of the run that it tells of. */
export function asInInngest(event: BackstitchEvent): BackstitchEvent {
  const name = event.name.replace(names, "inngest");
  if (name !== "inngest/function.failed" && name !== "inngest/function.cancelled") return { ...event, name };
  const { event: about, ...data } = event.data;
  return { ...event, name, data: about ? { ...data, event: asInInngest(about) } : data };
}
