/** From events to runs. */
import { createHash } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { cancelWaits } from "./cancel-on.ts";
import type { Logger } from "./engine/contract.ts";
import { cancelledUnrun } from "./engine/ending.ts";
import { encodeThrown } from "./engine/thrown.ts";
import { readable } from "./events.ts";
import { planOf, type Wanted } from "./flow/plan.ts";
import { LeftEvents } from "./left-events.ts";
import type { NewRun, Store, StoredEvent, Stray } from "./store.ts";
import { isFor, isOwn, isTriggered, type RegisteredTrigger } from "./triggers.ts";
import type { RegisteredFunction } from "./types.ts";
import { KnownWaits, type WaitsMet, waitsMetBy } from "./waits-met.ts";

/** Events routed in one go. */
const largestBatch = 100;

/**
 * Creates the runs of stored events: one for each function with a trigger of the event's name whose `if` holds. An event
 * that no function wants is marked as routed too.
 *
 * @param now milliseconds since the epoch
 * @param functions all functions of the app, also those that this worker does not run
 * @param left what is left to other workers, from one call to the next
 * @returns true when more events may be waiting
 */
export async function routeEvents(
  store: Store,
  app: string,
  functions: readonly RegisteredFunction[],
  logger: Logger,
  now: number,
  left = new LeftEvents(0),
): Promise<boolean> {
  const limit = largestBatch + left.count;
  const events = await store.unroutedEvents(app, limit);
  left.keep(events);
  const waits = new KnownWaits(store);
  let plain: { id: string; runs: readonly NewRun[] }[] = [];
  const routePlain = async () => {
    if (plain.length > 0) await store.routeMany(app, plain);
    plain = [];
  };
  for (const event of events) {
    if (left.has(event.id, now)) continue;
    const runs = await runsWanted(event, functions, logger);
    const found = event.target === undefined ? await waitsMetBy(waits, event, functions, logger) : noWaits;
    if (isUnknown(event, found, runs, functions) && left.leave(event.id, now)) continue;
    if (startsRunsOnly(runs, found)) {
      plain.push({ id: event.id, runs: runs.map(({ run }) => run) });
      continue;
    }
    await routePlain();
    while (!(await carryOut(store, event, runs, found, functions, now, logger)));
    if (runs.some(({ run }) => run.waits)) waits.forget();
  }
  await routePlain();
  return events.length === limit && !left.isFull;
}

/** Whether something depends on what the event holds, and this process cannot read it. */
function isUnknown(
  event: StoredEvent,
  { problem }: WaitsMet,
  wanted: readonly Wanted[],
  functions: readonly RegisteredFunction[],
): boolean {
  const isAsked =
    problem !== undefined ||
    wanted.some(({ run, flow }) => flow !== undefined || run.waits !== undefined) ||
    (event.target === undefined && triggersNamed(functions, event.name).some((trigger) => trigger.if));
  return isAsked && readable(event) === undefined;
}

/** The runs that an event would start, of functions with flow options and of those without. */
export async function runsWanted(
  event: StoredEvent,
  functions: readonly RegisteredFunction[],
  logger: Logger,
): Promise<Wanted[]> {
  const { app } = event;
  const wanted = event.target === undefined ? await triggeredBy(event, functions, logger) : [event.target];
  return wanted.map((functionId) => {
    const run = { id: runId(event, functionId), app, functionId, eventId: event.id, wakeAt: event.receivedAt };
    const flow = functions.find(({ id }) => id === functionId)?.flow;
    return { run: { ...run, ...waitsOf(event, functionId, functions) }, flow };
  });
}

/** False when what was decided upon has changed meanwhile. Runs that give way do so first: doing it again does nothing. */
async function carryOut(
  store: Store,
  event: StoredEvent,
  wanted: readonly Wanted[],
  found: WaitsMet,
  functions: readonly RegisteredFunction[],
  now: number,
  logger: Logger,
): Promise<boolean> {
  const { runs, joins, states, cancelled } = await planOf(store, event, wanted, now, logger);
  for (const run of cancelled) {
    const view = await store.getRun(run);
    if (view === undefined) continue;
    const onCancel = functions.find(({ id }) => id === view.functionId)?.onCancel;
    const events = cancelledUnrun({ event: view.event, run, functionId: view.functionId }, onCancel, now);
    await store.cancel(run, now, { unwind: true, events });
  }
  const problem = found.problem && encodeThrown(found.problem);
  const stray = strayOf(event, wanted.length + found.met.length, problem);
  return (await store.route(event, runs, found.met, { joins, states, now, ...(stray && { stray }) })) === "routed";
}

/** Most events do: many of them are routed at once. */
function startsRunsOnly(wanted: readonly Wanted[], { met, problem }: WaitsMet): boolean {
  if (met.length > 0 || problem !== undefined || wanted.length === 0) return false;
  return wanted.every(({ run, flow }) => flow === undefined && run.waits === undefined);
}

const noWaits: WaitsMet = { met: [], problem: undefined };

/**
 * How an event strays, if it does. What the runtime sends itself is often for nobody.
 *
 * @param taken how many runs and waits take it
 * @param problem why some that might have were not met. Text of the codec
 */
export function strayOf({ name }: StoredEvent, taken: number, problem: string | undefined): Stray | undefined {
  if (problem !== undefined) return { fate: "unfit", problem };
  return taken > 0 || isOwn(name) ? undefined : { fate: "unwanted" };
}

/** What cancels a run from its beginning. */
function waitsOf(
  stored: StoredEvent,
  functionId: string,
  functions: readonly RegisteredFunction[],
): Pick<NewRun, "waits"> {
  const { cancelOn = [] } = functions.find(({ id }) => id === functionId) ?? {};
  if (cancelOn.length === 0) return {};
  return { waits: cancelWaits(functionId, cancelOn, readable(stored), stored.receivedAt) };
}

const idOf = ({ id }: RegisteredFunction) => id;

function triggersNamed(functions: readonly RegisteredFunction[], name: string): readonly RegisteredTrigger[] {
  return functions.flatMap(({ triggers }) => triggers.filter((trigger) => !trigger.schedule && isFor(trigger, name)));
}

/** Ids of the functions of which the event starts a run. */
async function triggeredBy(
  stored: StoredEvent,
  functions: readonly RegisteredFunction[],
  logger: Logger,
): Promise<readonly string[]> {
  const named = functions.filter(({ triggers }) =>
    triggers.some((trigger) => !trigger.schedule && isFor(trigger, stored.name)),
  );
  if (named.every(({ triggers }) => triggers.every((trigger) => trigger.if === undefined))) return named.map(idOf);
  const event = readable(stored);
  // No condition can be asked of what cannot be read; the runs are blocked, and so are seen.
  if (event === undefined) return named.map(idOf);
  const wanted = await Promise.all(named.map(({ triggers }) => isTriggered(triggers, event, logger)));
  return named.filter((_, index) => wanted[index]).map(idOf);
}

/**
 * Id of the run of a function for an event: a UUID of version 7 with the event's time, so that ids sort by time, and
 * with a hash in place of random bits, so that routing an event twice names the same run.
 */
export function runId(event: Pick<StoredEvent, "id" | "app" | "receivedAt">, functionId: string): string {
  const names = JSON.stringify([event.app, event.id, functionId]);
  return uuidv7({ msecs: event.receivedAt, random: createHash("sha256").update(names).digest() });
}
