/** The object of an event: routes it once, and keeps what became of it. */
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { Flow } from "../../flow/options.ts";
import { runsWanted, strayOf } from "../../route.ts";
import type { EventView, NewRun, StoredEvent } from "../../store.ts";
import { matchesIn } from "../../waits-met.ts";
import { arrivingKey } from "./arrivals.ts";
import type { HostParts } from "./host-parts.ts";
import { eventKey, eventSerde } from "./kept-event.ts";
import { json, Links } from "./links.ts";
import type { ArrivingEvent, DecideMessage, MailboxView, Meeting, ReleaseMessage, StartMessage } from "./messages.ts";
import { mailboxKey } from "./names.ts";

/** Key of the move with which an event came that had been routed. */
const arrivedByKey = "arrivedBy";
/** Key of an event that is to be routed when it is let go. */
const queuedKey = "queued";

/** Handlers of the object, by their names. */
export function eventHandlers(host: HostParts) {
  return {
    /** An event whose id was there before changes nothing. */
    put: async (context: ObjectContext, event: StoredEvent): Promise<void> => {
      if ((await context.get(eventKey, eventSerde)) !== null) return;
      const links = new Links(host.app, context);
      const known = event.target === undefined ? await look(links, event.name) : undefined;
      const routed = await context.run("route", () => route(host, event, known?.paths ?? []), { serde: json as never });
      const { runs, matches, now } = routed as Routed;
      const meeting = known ? await meet(links, event, known, matches) : { met: 0 };
      const stray = strayOf(event, runs.length + meeting.met, meeting.problem);
      const kept: EventView = {
        ...event,
        fate: stray?.fate ?? "taken",
        ...(stray?.problem !== undefined && { problem: stray.problem }),
      };
      context.set(eventKey, kept, eventSerde);
      for (const { run, isDecided } of runs) {
        const message = { run, event, now } satisfies StartMessage & DecideMessage;
        if (isDecided) links.send({ service: "flow", key: run.functionId, handler: "decide" }, message);
        else links.send({ service: "run", key: run.id, handler: "start" }, message);
      }
    },

    /** Comes with a move: it is known here, and routed if it still is to be once all of the move is there. */
    arrive: async (context: ObjectContext, { move, event }: ArrivingEvent): Promise<void> => {
      if ((await context.get(eventKey, eventSerde)) !== null) return;
      if (event.fate !== "queued") {
        context.set(arrivedByKey, move);
        return context.set(eventKey, event, eventSerde);
      }
      const { fate: _, problem: _problem, ...queued } = event;
      context.set(queuedKey, queued);
      context.set(arrivingKey, move);
    },

    /** It never came. */
    drop: async (context: ObjectContext, { move }: { readonly move: string }): Promise<void> => {
      if ((await context.get<string>(arrivingKey)) !== move) return;
      context.clear(arrivingKey);
      context.clear(queuedKey);
    },

    release: async (context: ObjectContext, { move }: ReleaseMessage): Promise<void> => {
      if ((await context.get<string>(arrivingKey)) !== move) return;
      const queued = await context.get<StoredEvent>(queuedKey);
      context.clear(arrivingKey);
      context.clear(queuedKey);
      new Links(host.app, context).send({ service: "event", key: context.key, handler: "put" }, queued);
    },

    /** A run that was given the event found that it does not fit. What it was known as before is kept. */
    unfit: async (context: ObjectContext, { problem }: { readonly problem: string }): Promise<void> => {
      const kept = await context.get<EventView>(eventKey, eventSerde);
      if (kept?.fate === "taken") context.set(eventKey, { ...kept, fate: "unfit", problem } as EventView, eventSerde);
    },
  };
}

/** Handlers that run beside the others. */
export const eventReaders = {
  /** For a run that comes with a move: null of an event that was sent here as well, or has not come. */
  read: async (context: ObjectSharedContext): Promise<EventView | null> =>
    (await context.get<string>(arrivedByKey)) === null ? null : context.get(eventKey, eventSerde),
};

/** Handlers of the service that takes many events at once, so that all of them are kept or none. */
export function eventsHandlers(host: HostParts) {
  return {
    put: async (context: ObjectContext, events: readonly StoredEvent[]): Promise<void> => {
      const links = new Links(host.app, context);
      for (const event of events) links.send({ service: "event", key: event.id, handler: "put" }, event);
    },
  };
}

interface Routed {
  readonly now: number;
  /** With whether the object of its function decides on it. */
  readonly runs: readonly { readonly run: NewRun; readonly isDecided: boolean }[];
  readonly matches: readonly { readonly path: string; readonly value: string }[];
}

/** Asks conditions and schemas of the author's, so it is done once. */
async function route(host: HostParts, event: StoredEvent, paths: readonly string[]): Promise<Routed> {
  const wanted = await runsWanted(event, host.functions(), host.logger);
  return {
    runs: wanted.map(({ run, flow }) => ({ run, isDecided: isDecided(flow) })),
    now: host.clock.now(),
    matches: matchesIn(event, paths),
  };
}

/** Slots, and who is served first, are decided where they are asked for. */
function isDecided(flow: Flow | undefined): boolean {
  if (flow === undefined) return false;
  const { throttle, rateLimit, debounce, batch, singleton, idempotency } = flow;
  return [throttle, rateLimit, debounce, batch, singleton, idempotency].some((option) => option !== undefined);
}

function look(links: Links, name: string): Promise<MailboxView> {
  return links.call({ service: "mailbox", key: mailboxKey(name), handler: "look" }, null);
}

async function meet(
  links: Links,
  event: StoredEvent,
  known: MailboxView,
  matches: Routed["matches"],
): Promise<Meeting> {
  const keys = [
    ...(known.waits > 0 ? [mailboxKey(event.name)] : []),
    ...matches.map((match) => mailboxKey(event.name, match)),
  ];
  let all: Meeting = { met: 0 };
  for (const key of keys) {
    const { met, problem } = await links.call<Meeting>({ service: "mailbox", key, handler: "meet" }, event);
    const told = all.problem ?? problem;
    all = { met: all.met + met, ...(told !== undefined && { problem: told }) };
  }
  return all;
}
