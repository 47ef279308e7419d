/** Which waits an event meets. */
import { referred } from "./cancel-on.ts";
import { encode } from "./codec/index.ts";
import type { Logger } from "./engine/contract.ts";
import { fieldAt } from "./engine/field-at.ts";
import { readable, toEvent } from "./events.ts";
import { compileExpression, type Expression, type MatchScope } from "./expressions.ts";
import { type HeldEvent, HeldEvents, waitFilter } from "./held-waits.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import type { Met, Store, StoredEvent, StoredWait, WaitMatch, WaitQuery } from "./store.ts";
import type { BackstitchEvent, RegisteredFunction } from "./types.ts";

/** Waits read in one go. */
const pageSize = 200;

/** Where waits are looked up. */
export type WaitSource = Pick<Store, "waitPaths" | "waitsFor" | "getRun">;

/**
 * Looks up the waits for events that were all stored before it was made, so that what was found for one of them holds for
 * those of the same name: waits that begin since are not for them, and of waits that are met since the store knows. Waits of
 * runs that the events themselves start are there at once: it must forget then.
 */
export class KnownWaits implements WaitSource {
  readonly #store: WaitSource;
  readonly #known = new Map<string, Promise<unknown>>();

  constructor(store: WaitSource) {
    this.#store = store;
  }

  waitPaths(app: string, name: string): Promise<string[]> {
    return this.#once([app, name], () => this.#store.waitPaths(app, name));
  }

  waitsFor(query: WaitQuery): Promise<StoredWait[]> {
    const { app, name, match, after, limit } = query;
    return this.#once([app, name, match?.path, match?.value, after, limit], () => this.#store.waitsFor(query));
  }

  getRun(run: string): ReturnType<Store["getRun"]> {
    return this.#store.getRun(run);
  }

  forget(): void {
    this.#known.clear();
  }

  #once<Found>(question: readonly unknown[], ask: () => Promise<Found>): Promise<Found> {
    const key = JSON.stringify(question);
    const known = this.#known.get(key) as Promise<Found> | undefined;
    if (known !== undefined) return known;
    const asked = ask();
    this.#known.set(key, asked);
    return asked;
  }
}

/** What waits make of an event. */
export interface WaitsMet {
  readonly met: readonly Met[];
  /** Why some that might have been met were not: the event does not fit them, or cannot be read. */
  readonly problem: Error | undefined;
}

/**
 * Asks the store for those whose match the event has, and for those that have none. A wait that begins later does not
 * count: an event is only for those that wait already.
 */
export async function waitsMetBy(
  store: WaitSource,
  stored: StoredEvent,
  functions: readonly RegisteredFunction[],
  logger: Logger,
): Promise<WaitsMet> {
  const incoming = new Incoming(stored, logger);
  const conditions = new Conditions(store, functions, logger);
  const met: Met[] = [];
  for (const match of await matchesOf(store, incoming)) {
    for await (const wait of waitsFor(store, stored.app, stored.name, match)) {
      if (wait.until !== undefined && wait.until <= stored.receivedAt) continue;
      // It must not keep the events behind it from being routed.
      if (incoming.event === undefined) return { met: [], problem: incoming.problem };
      const { schema, condition } = waitFilter(stored.name, wait.filter);
      const held = await incoming.heldBy(schema);
      if (held && (await conditions.hold(wait.run, condition, held.event))) met.push({ wait, text: held.text });
    }
  }
  return { met, problem: incoming.problem };
}

/** An event that comes. Most meet no wait, and are not read. */
class Incoming {
  readonly stored: StoredEvent;
  readonly #logger: Logger;
  #read: { readonly event: BackstitchEvent | undefined } | undefined;
  #held: HeldEvents | undefined;
  #unreadable: Error | undefined;

  constructor(stored: StoredEvent, logger: Logger) {
    this.stored = stored;
    this.#logger = logger;
  }

  /** Undefined when this process cannot read it. */
  get event(): BackstitchEvent | undefined {
    this.#read ??= { event: this.#readOrTell() };
    return this.#read.event;
  }

  get problem(): Error | undefined {
    return this.#unreadable ?? this.#held?.problem;
  }

  async heldBy(schema: StandardSchemaV1 | undefined): Promise<HeldEvent | undefined> {
    this.#held ??= this.event && new HeldEvents(this.event, this.#logger);
    return this.#held?.by(schema);
  }

  #readOrTell(): BackstitchEvent | undefined {
    const { id, name } = this.stored;
    try {
      return toEvent(this.stored);
    } catch (error) {
      const told = `backstitch: event ${id} ("${name}") cannot be read, so no run that waits hears of it`;
      this.#logger.error({ err: error }, told);
      this.#unreadable = error as Error;
      return undefined;
    }
  }
}

/** Under which the store has waits that the event may meet. */
async function matchesOf(store: WaitSource, incoming: Incoming): Promise<(WaitMatch | undefined)[]> {
  const { app, name } = incoming.stored;
  const paths = await store.waitPaths(app, name);
  const matched = paths.filter((path) => path !== "");
  const matches = matched.length > 0 ? matchesAt(incoming.event, matched) : [];
  return matched.length < paths.length ? [undefined, ...matches] : matches;
}

/** The matches under which waits may be that an event meets, of those at these paths. One that cannot be read has none. */
export function matchesIn(stored: StoredEvent, paths: readonly string[]): WaitMatch[] {
  return paths.length > 0 ? matchesAt(readable(stored), paths) : [];
}

function matchesAt(event: BackstitchEvent | undefined, paths: readonly string[]): WaitMatch[] {
  return paths.flatMap((path) => {
    const value = fieldAt(event, path);
    return value === undefined ? [] : [{ path, value: encode(value) }];
  });
}

async function* waitsFor(
  store: WaitSource,
  app: string,
  name: string,
  match: WaitMatch | undefined,
): AsyncGenerator<StoredWait> {
  for (let after = 0; ; ) {
    const page = await store.waitsFor({ app, name, match, after, limit: pageSize });
    yield* page;
    if (page.length < pageSize) return;
    after = (page.at(-1) as StoredWait).id;
  }
}

/** The conditions of waits, each compiled once per event. */
class Conditions {
  readonly #store: WaitSource;
  readonly #functions: readonly RegisteredFunction[];
  readonly #logger: Logger;
  readonly #compiled = new Map<string, Expression | undefined>();

  constructor(store: WaitSource, functions: readonly RegisteredFunction[], logger: Logger) {
    this.#store = store;
    this.#functions = functions;
    this.#logger = logger;
  }

  /** Whether the event satisfies the condition of a wait, if it has one, over the event of the run that waits. */
  async hold(run: string, filter: string | undefined, async: BackstitchEvent): Promise<boolean> {
    if (filter === undefined) return true;
    if (!this.#compiled.has(filter)) this.#compiled.set(filter, this.#conditionOf(filter));
    const condition = this.#compiled.get(filter);
    const waiting = condition && (await this.#store.getRun(run));
    const event = waiting && readable(waiting.event);
    if (event === undefined) return false;
    const scope: MatchScope = { event, async };
    return condition?.holds(scope, this.#logger) === true;
  }

  /** Undefined when the function is not registered any more whose condition it is. */
  #conditionOf(filter: string): Expression | undefined {
    const reference = referred(filter);
    if (reference) {
      const { cancelOn = [] } = this.#functions.find(({ id }) => id === reference.functionId) ?? {};
      return cancelOn[reference.index]?.condition;
    }
    return compileExpression(filter, { field: "`if` of a wait", variables: ["event", "async"], gives: "condition" });
  }
}
