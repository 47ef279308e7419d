/** From events to runs. */
import { createHash } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { Store, StoredEvent } from "./store.ts";
import type { RegisteredFunction } from "./types.ts";
import { waitsMetBy } from "./waits-met.ts";

/** Events routed in one go. */
const largestBatch = 100;

/**
 * Creates the runs of stored events: one for each function with a trigger of the event's name. An event that no
 * function wants is marked as routed too.
 *
 * @param functions all functions of the app, also those that this worker does not run
 * @returns true when more events may be waiting
 */
export async function routeEvents(
  store: Store,
  app: string,
  functions: readonly RegisteredFunction[],
): Promise<boolean> {
  const events = await store.unroutedEvents(app, largestBatch);
  for (const event of events) {
    const runs = wanted(event, functions).map((functionId) => ({
      id: runId(event, functionId),
      app,
      functionId,
      eventId: event.id,
      wakeAt: event.receivedAt,
    }));
    await store.route(event, runs, event.target === undefined ? await waitsMetBy(store, event) : []);
  }
  return events.length === largestBatch;
}

/** Ids of the functions of which the event starts a run. A target may be a function that this process does not know. */
function wanted({ name, target }: StoredEvent, functions: readonly RegisteredFunction[]): string[] {
  if (target !== undefined) return [target];
  return functions.filter(({ triggers }) => triggers.some((trigger) => trigger.event === name)).map(({ id }) => id);
}

/**
 * Id of the run of a function for an event: a UUID of version 7 with the event's time, so that ids sort by time, and
 * with a hash in place of random bits, so that routing an event twice names the same run.
 */
export function runId(event: Pick<StoredEvent, "id" | "app" | "receivedAt">, functionId: string): string {
  const names = JSON.stringify([event.app, event.id, functionId]);
  return uuidv7({ msecs: event.receivedAt, random: createHash("sha256").update(names).digest() });
}
