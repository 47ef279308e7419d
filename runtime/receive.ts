/** The start of a run: the event is held to the schemas of the function's triggers before the handler sees it. */
import { decode, encode } from "./codec/index.ts";
import type { DriveRun } from "./engine/contract.ts";
import { driveRun } from "./engine/driver.ts";
import { encodeThrown } from "./engine/thrown.ts";
import { unstorableData } from "./events.ts";
import type { StoredEvent } from "./store.ts";
import { receive } from "./triggers.ts";
import type { BackstitchEvent } from "./types.ts";

/** An event as it was sent. @throws DecodeError when it cannot be read, as when a class is not registered */
export function toEvent({ id, name, data, receivedAt }: StoredEvent): BackstitchEvent {
  return { id, name, data: decode(data), ts: receivedAt };
}

/**
 * Drives a run whose handler gets what the schemas make of the event. The event stays stored as it was sent; one that does
 * not fit fails the run at once, with an `InvalidEventError`, so that it is seen.
 */
export const driveReceived: DriveRun = async (claim, fn, host) => {
  const { triggers = [] } = fn;
  const event = claim.frame === null && triggers.some(({ schema }) => schema) ? readable(claim.event) : undefined;
  if (event === undefined) return driveRun(claim, fn, host);
  const received = await receive(triggers, event, host.logger);
  const data = "error" in received ? received : encoded(received.data, event.name);
  if (typeof data === "string") return driveRun({ ...claim, event: { ...claim.event, data } }, fn, host);
  const result = await host.commit({
    run: claim.run,
    epoch: claim.epoch,
    now: host.clock.now(),
    status: "failed",
    label: null,
    wakeAt: null,
    release: true,
    steps: [],
    error: encodeThrown(data.error),
  });
  return result === "ok" ? "ended" : "fenced";
};

/** What cannot be read blocks the run, which is for the driver to say. */
function readable(event: StoredEvent): BackstitchEvent | undefined {
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
