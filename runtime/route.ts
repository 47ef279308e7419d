/** From events to runs. */
import { createHash } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { Logger } from "./engine/contract.ts";
import { planOf, type Wanted } from "./flow/plan.ts";
import { toEvent } from "./receive.ts";
import type { Met, Store, StoredEvent } from "./store.ts";
import { isFor, isTriggered } from "./triggers.ts";
import type { BackstitchEvent, RegisteredFunction } from "./types.ts";
import { waitsMetBy } from "./waits-met.ts";

/** Events routed in one go. */
const largestBatch = 100;

/**
 * Creates the runs of stored events: one for each function with a trigger of the event's name whose `if` holds. An event
 * that no function wants is marked as routed too.
 *
 * @param now milliseconds since the epoch
 * @param functions all functions of the app, also those that this worker does not run
 * @returns true when more events may be waiting
 */
export async function routeEvents(
  store: Store,
  app: string,
  functions: readonly RegisteredFunction[],
  logger: Logger,
  now: number,
): Promise<boolean> {
  const events = await store.unroutedEvents(app, largestBatch);
  for (const event of events) {
    const runs = (await wanted(event, functions, logger)).map((functionId): Wanted => {
      const run = { id: runId(event, functionId), app, functionId, eventId: event.id, wakeAt: event.receivedAt };
      return { run, flow: functions.find(({ id }) => id === functionId)?.flow };
    });
    const met = event.target === undefined ? await waitsMetBy(store, event) : [];
    while (!(await carryOut(store, event, runs, met, now, logger)));
  }
  return events.length === largestBatch;
}

/** False when what was decided upon has changed meanwhile. Runs that give way do so first: doing it again does nothing. */
async function carryOut(
  store: Store,
  event: StoredEvent,
  wanted: readonly Wanted[],
  met: readonly Met[],
  now: number,
  logger: Logger,
): Promise<boolean> {
  const { runs, joins, states, cancelled } = await planOf(store, event, wanted, now, logger);
  for (const run of cancelled) await store.cancel(run, now, { unwind: true });
  return (await store.route(event, runs, met, { joins, states, now })) === "routed";
}

/** Ids of the functions of which the event starts a run. A target may be a function that this process does not know. */
async function wanted(
  event: StoredEvent,
  functions: readonly RegisteredFunction[],
  logger: Logger,
): Promise<readonly string[]> {
  if (event.target !== undefined) return [event.target];
  return (await triggeredBy(event, functions, logger)).map(({ id }) => id);
}

async function triggeredBy(
  stored: StoredEvent,
  functions: readonly RegisteredFunction[],
  logger: Logger,
): Promise<readonly RegisteredFunction[]> {
  const named = functions.filter(({ triggers }) =>
    triggers.some((trigger) => !trigger.schedule && isFor(trigger, stored.name)),
  );
  if (named.every(({ triggers }) => triggers.every((trigger) => trigger.if === undefined))) return named;
  let event: BackstitchEvent;
  try {
    event = toEvent(stored);
  } catch {
    // No condition can be asked; the runs are blocked, and so are seen.
    return named;
  }
  const wanted = await Promise.all(named.map(({ triggers }) => isTriggered(triggers, event, logger)));
  return named.filter((_, index) => wanted[index]);
}

/**
 * Id of the run of a function for an event: a UUID of version 7 with the event's time, so that ids sort by time, and
 * with a hash in place of random bits, so that routing an event twice names the same run.
 */
export function runId(event: Pick<StoredEvent, "id" | "app" | "receivedAt">, functionId: string): string {
  const names = JSON.stringify([event.app, event.id, functionId]);
  return uuidv7({ msecs: event.receivedAt, random: createHash("sha256").update(names).digest() });
}
