/** The client under the name and with the options that it has in Inngest. */
import { Backstitch, type ClientOptions, type ClientParts } from "../client.ts";
import { type CreatedEvent, eventType, isEventType } from "../event-types.ts";
import { driveReceived } from "../receive.ts";
import type { StandardSchemaV1 } from "../standard-schema.ts";
import type { Store } from "../store.ts";
import type { EventInput, EventMap, OneOrMore, UntypedEvents } from "../types.ts";
import type { EventSchemas } from "./event-schemas.ts";
import { asInInngest, ownName, type ScheduledTimer } from "./run-events.ts";

/** Options of a client. Those of Inngest that say how its service is reached are taken and mean nothing. */
export interface InngestOptions<Events extends EventMap<Events>> extends ClientOptions {
  /** The events of the client. */
  readonly schemas?: EventSchemas<Events> | undefined;
  readonly appVersion?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly checkpointing?: unknown;
  readonly env?: string | null | undefined;
  readonly eventKey?: string | undefined;
  readonly fetch?: unknown;
  readonly isDev?: boolean | undefined;
  readonly optimizeParallelism?: boolean | undefined;
  readonly signingKey?: string | undefined;
  readonly signingKeyFallback?: string | undefined;
}

/** How Inngest's service is reached and how it drives functions: there is no service here. */
const meaningless = [
  "appVersion",
  "baseUrl",
  "checkpointing",
  "env",
  "eventKey",
  "fetch",
  "isDev",
  "optimizeParallelism",
  "signingKey",
  "signingKeyFallback",
];

let makeDefaultStore: (() => Store) | undefined;

/**
 * Sets where clients keep events and runs that were made without a `store`. It may be called after they were made, before
 * the first event is sent and the first worker started.
 *
 * @param make called once for each of these clients
 *
 * @example
 * import { setDefaultStore } from "backstitch/inngest";
 * import { sqlite } from "backstitch/sqlite";
 *
 * setDefaultStore(() => sqlite({ path: "runs.db" }));
 */
export function setDefaultStore(make: () => Store): void {
  makeDefaultStore = make;
}

/**
 * `Backstitch` for files that were written for Inngest.
 *
 * @typeParam Events the events by name; inferred from `schemas`
 * @example
 * const inngest = new Inngest({ id: "shop", schemas: new EventSchemas().fromRecord<Events>() });
 */
export class Inngest<Events extends EventMap<Events> = UntypedEvents> extends Backstitch<Events, ScheduledTimer> {
  /** For the type checker only. */
  declare readonly eventMap?: Events;
  readonly #schemas: ReadonlyMap<string, StandardSchemaV1>;

  /**
   * @param parts for tests only
   * @throws BackstitchError BS2013 when an option is wrong
   */
  constructor(options: InngestOptions<Events>, parts: Partial<ClientParts> = {}) {
    const { schemas, ...others } = options;
    const known = schemas?.schemas ?? new Map<string, StandardSchemaV1>();
    super(Object.fromEntries(Object.entries(others).filter(([key]) => !meaningless.includes(key))) as never, {
      defaultStore: () => makeDefaultStore?.(),
      functionArguments: (args) => withSchemas(args, known),
      drive: (claim, fn, host) => driveReceived(claim, fn, { ...host, shown: asInInngest }),
      ...parts,
    });
    this.#schemas = known;
  }

  /** As `send` of `Backstitch`; events with a schema are held to it. */
  override async send(events: OneOrMore<EventInput<Events> | CreatedEvent>): Promise<{ ids: string[] }> {
    const list = (Array.isArray(events) ? events : [events]) as readonly CreatedEvent[];
    return super.send(list.map((event) => checkedBySchema(event, this.#schemas)));
  }
}

/** An event that has a schema, as its event type would make it. */
function checkedBySchema(event: CreatedEvent, schemas: ReadonlyMap<string, StandardSchemaV1>): CreatedEvent {
  const schema = schemas.get(event?.name);
  if (schema === undefined || typeof event.validate === "function") return event;
  return { ...event, validate: eventType(event.name, { schema }).create(event.data).validate };
}

/** What is given to `createFunction`, with event types in place of the names that have a schema. */
function withSchemas(args: readonly unknown[], schemas: ReadonlyMap<string, StandardSchemaV1>): readonly unknown[] {
  const ofTriggers = (given: unknown): unknown =>
    Array.isArray(given) ? given.map((trigger) => withSchema(trigger, schemas)) : withSchema(given, schemas);
  const [options, trigger, ...rest] = args;
  if (rest.length > 0) return [options, ofTriggers(trigger), ...rest];
  if (typeof options !== "object" || options === null || !("triggers" in options)) return args;
  return [{ ...options, triggers: ofTriggers(options.triggers) }, trigger];
}

function withSchema(trigger: unknown, schemas: ReadonlyMap<string, StandardSchemaV1>): unknown {
  if (typeof trigger !== "object" || trigger === null || isEventType(trigger) || !("event" in trigger)) return trigger;
  const { event } = trigger;
  if (typeof event !== "string") return trigger;
  const schema = schemas.get(event);
  return { ...trigger, event: schema === undefined ? ownName(event) : eventType(ownName(event), { schema }) };
}
