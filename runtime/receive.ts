/** The start of a run: the event is held to the schemas of the function's triggers before the handler sees it. */
import { encode } from "./codec/index.ts";
import type { DriveRun } from "./engine/contract.ts";
import { failed } from "./engine/ending.ts";
import { isGivenUp } from "./engine/load.ts";
import { toEvent, unstorableData } from "./events.ts";
import { driveRun } from "./middleware/drive.ts";
import type { StoredEvent } from "./store.ts";
import { receive } from "./triggers.ts";
import type { BackstitchEvent } from "./types.ts";

/**
 * Drives a run whose handler gets what the schemas make of the event. The event stays stored as it was sent; one that does
 * not fit fails the run at once, with an `InvalidEventError`, so that it is seen.
 */
export const driveReceived: DriveRun = async (claim, fn, host) => {
  const { triggers = [] } = fn;
  const begins = claim.frame === null && !isGivenUp(claim, fn);
  const event = begins && triggers.some(({ schema }) => schema) ? readable(claim.event) : undefined;
  if (event === undefined) return driveRun(claim, fn, host);
  const received = await receive(triggers, event, host.logger);
  const data = "error" in received ? received : encoded(received.data, event.name);
  if (typeof data === "string") return driveRun({ ...claim, event: { ...claim.event, data } }, fn, host);
  const result = await host.commit({
    run: claim.run,
    epoch: claim.epoch,
    now: host.clock.now(),
    ...failed(data.error, claim, fn, host.clock.now()),
    label: null,
    wakeAt: null,
    release: true,
    steps: [],
  });
  return result === "ok" ? "ended" : "fenced";
};

/** Undefined for what cannot be read. It blocks the run, which is for the driver to say. */
export function readable(event: StoredEvent): BackstitchEvent | undefined {
  try {
    return toEvent(event);
  } catch {
    return undefined;
  }
}

/** A schema may make of an event what cannot be stored. */
function encoded(data: unknown, name: string): string | { readonly error: unknown } {
  try {
    return encode(data);
  } catch (error) {
    return { error: unstorableData(`the data that the schema gives for event "${name}"`, error) };
  }
}
