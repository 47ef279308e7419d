/** Events as people and programs ask for them: `client.events`. */

import type { ClientStore } from "./client-store.ts";
import { type Moment, momentMs } from "./duration.ts";
import { BackstitchError } from "./faults.ts";
import { checkInteger, checkKeys, checkName } from "./options.ts";
import { shown } from "./run-views.ts";
import type { EventFate, EventQuery, EventView } from "./store.ts";
import type { BackstitchEvent } from "./types.ts";

/** An event that is stored, and what became of it. */
export interface LoggedEvent extends BackstitchEvent {
  /**
   * `queued`: no worker has seen it yet. `taken`: runs, waits or limits took it; `runs.list({ eventId })` gives the runs.
   * `unwanted`: no function has a trigger for it, and no run waited for it. `unfit`: it does not fit the schema of a function,
   * a wait or a `cancelOn` that would have taken it, or cannot be read.
   */
  readonly fate: EventFate;
  /** Why it did not fit, as an `InvalidEventError`; undefined for any other event. */
  readonly problem: unknown;
}

/** Which events are meant. What is left out does not matter; of the rest, all must hold. */
export interface EventFilter {
  readonly name?: string | undefined;
  readonly fate?: "unwanted" | "unfit" | undefined;
  /** With this `ts` or a later one. */
  readonly receivedFrom?: Moment | undefined;
  /** With a `ts` before this. */
  readonly receivedBefore?: Moment | undefined;
}

/** Which events `events.list()` and `events.page()` give. */
export interface EventListOptions extends EventFilter {
  /** Most events to give, 1 to 1,000. Default 50. */
  readonly limit?: number | undefined;
  /** Where to go on: `next` of the page before, or the id of its last event. */
  readonly before?: string | undefined;
}

/** Events, newest first. */
export interface EventsPage {
  readonly events: readonly LoggedEvent[];
  /** What to give as `before` for the page that follows; undefined when there is none. */
  readonly next: string | undefined;
}

const filterKeys = ["name", "fate", "receivedFrom", "receivedBefore"];
const fates: readonly unknown[] = [undefined, "unwanted", "unfit"] satisfies EventFilter["fate"][];
/** Events that are read at once. */
const pageSize = 200;

/** The events of one client. Each method opens the store when it is not open, and throws BS2005 when there is none. */
export class EventLog {
  readonly #app: string;
  readonly #store: () => Promise<ClientStore>;

  /** @internal Made by the client. */
  constructor(app: string, store: () => Promise<ClientStore>) {
    this.#app = app;
    this.#store = store;
  }

  /** The event; undefined when this client has none of that id. */
  async get(id: string): Promise<LoggedEvent | undefined> {
    const [found] = await (await this.#store()).listEvents({ app: this.#app, id, limit: 1 });
    return found && toLogged(found);
  }

  /**
   * Events, newest first. In place of data that cannot be read stands the `DecodeError` that says why.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example const misfits = await client.events.list({ fate: "unfit", receivedFrom: "2030-01-02" });
   */
  async list(options: EventListOptions = {}): Promise<LoggedEvent[]> {
    return this.#list(options, "events.list()");
  }

  /**
   * Events, newest first, with where to go on. Each page is read from an index, however many events there are.
   *
   * @throws BackstitchError BS2050 when a filter is wrong
   * @example const { events, next } = await client.events.page({ name: "order/paid", before });
   */
  async page(options: EventListOptions = {}): Promise<EventsPage> {
    const events = await this.#list(options, "events.page()");
    return { events, next: events.length === (options.limit ?? 50) ? events.at(-1)?.id : undefined };
  }

  /**
   * All events that a filter means, newest first, a page at a time. Events that are sent meanwhile are left out.
   *
   * @example for await (const event of client.events.each({ fate: "unwanted" })) console.log(event.name, event.data);
   */
  async *each(filter: EventFilter = {}): AsyncGenerator<LoggedEvent, void, undefined> {
    let before: string | undefined;
    do {
      const events = await this.#list({ ...filter, limit: pageSize, before }, "events.each()");
      yield* events;
      before = events.length === pageSize ? events.at(-1)?.id : undefined;
    } while (before !== undefined);
  }

  async #list(options: EventListOptions, where: string): Promise<LoggedEvent[]> {
    const query = queryOf(this.#app, options, where);
    const store = await this.#store();
    const { before } = query;
    if (before !== undefined && (await store.listEvents({ app: this.#app, id: before, limit: 1 })).length === 0) {
      throw new BackstitchError("BS2050", {
        where: `\`before\` of ${where} is ${JSON.stringify(before)}, and client "${this.#app}" has no such event`,
        fix: "Give the id of the last event of the page before.",
      });
    }
    return (await store.listEvents(query)).map(toLogged);
  }
}

function queryOf(app: string, options: EventListOptions, where: string): EventQuery {
  checkKeys(options, [...filterKeys, "limit", "before"], where);
  const { name, fate, receivedFrom, receivedBefore, limit = 50, before } = options;
  checkInteger(limit, "limit", { least: 1, most: 1_000 }, where);
  if (name !== undefined) checkName(name, "name", where, "BS2050");
  if (before !== undefined) checkName(before, "before", where, "BS2050");
  if (!fates.includes(fate)) {
    throw new BackstitchError("BS2050", {
      where: `\`fate\` of ${where} is ${JSON.stringify(fate)}`,
      fix: 'Give "unwanted" or "unfit".',
    });
  }
  const time = (moment: Moment, field: string) => Math.ceil(momentMs(moment, `\`${field}\` of ${where}`));
  return {
    ...{ app, limit },
    ...(name !== undefined && { name }),
    ...(fate !== undefined && { fate }),
    ...(receivedFrom !== undefined && { from: time(receivedFrom, "receivedFrom") }),
    ...(receivedBefore !== undefined && { until: time(receivedBefore, "receivedBefore") }),
    ...(before !== undefined && { before }),
  };
}

function toLogged({ id, name, data, receivedAt, fate, problem }: EventView): LoggedEvent {
  return { id, name, data: shown(data), ts: receivedAt, fate, problem: shown(problem) };
}
