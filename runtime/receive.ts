/** The start of a run: the event is held to the schemas of the function's triggers before the handler sees it. */
import { encode } from "./codec/index.ts";
import type { DriveRun, Logger } from "./engine/contract.ts";
import { failed } from "./engine/ending.ts";
import { isGivenUp } from "./engine/load.ts";
import { encodeThrown } from "./engine/thrown.ts";
import { readable, unstorableData } from "./events.ts";
import { driveRun } from "./middleware/drive.ts";
import type { Claim, StoredEvent } from "./store.ts";
import { type RegisteredTrigger, receive } from "./triggers.ts";

/**
 * Drives a run whose handler gets what the schemas make of the event. The event stays stored as it was sent; one that does
 * not fit fails the run at once, with an `InvalidEventError`, so that it is seen.
 */
export const driveReceived: DriveRun = async (claim, fn, host) => {
  const { triggers = [] } = fn;
  const isHeld = claim.frame === null && !isGivenUp(claim, fn) && triggers.some(({ schema }) => schema);
  const received = isHeld ? await receivedBy(triggers, claim, host.logger) : claim;
  if (received === claim) return driveRun(claim, fn, host);
  if (!("error" in received)) return driveRun(received, fn, { ...host, changedEvents: true });
  const result = await host.commit({
    run: claim.run,
    epoch: claim.epoch,
    seq: claim.seq,
    now: host.clock.now(),
    ...failed(received.error, claim, fn, host.clock.now()),
    label: null,
    wakeAt: null,
    release: true,
    steps: [],
    unfit: { event: received.event, problem: encodeThrown(received.error) },
  });
  return result === "ok" ? "ended" : "fenced";
};

/** What is wrong with an event, which is named by its id. */
interface Unfit {
  readonly error: unknown;
  readonly event: string;
}

/** The claim with what the schemas make of its events, itself when that is the same, or what is wrong with one of them. */
async function receivedBy(
  triggers: readonly RegisteredTrigger[],
  claim: Claim,
  logger: Logger,
): Promise<Claim | Unfit> {
  const events: StoredEvent[] = [];
  let isChanged = false;
  for (const stored of claim.events ?? [claim.event]) {
    const event = readable(stored);
    if (event === undefined) return claim;
    const received = await receive(triggers, event, logger);
    const data = "error" in received ? received : encoded(received.data, event.name);
    if (typeof data !== "string") return { ...data, event: stored.id };
    events.push({ ...stored, data });
    isChanged ||= data !== stored.data;
  }
  if (!isChanged) return claim;
  return { ...claim, event: events[0] as StoredEvent, ...(claim.events && { events }) };
}

/** A schema may make of an event what cannot be stored. */
function encoded(data: unknown, name: string): string | { readonly error: unknown } {
  try {
    return encode(data);
  } catch (error) {
    return { error: unstorableData(`the data that the schema gives for event "${name}"`, error) };
  }
}
