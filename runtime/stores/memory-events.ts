/** The events of a store in memory. */
import type { EventFate, EventKey, EventQuery, EventView, StoredEvent, Stray } from "../store.ts";

/** An event as it is kept, and what became of it. */
interface Kept {
  event: StoredEvent;
  routed: boolean;
  stray: Stray | undefined;
}

export class MemoryEvents {
  /** By `keyOf`, in the order in which they were stored. */
  readonly #events = new Map<string, Kept>();

  insert(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const key = keyOf(event);
      if (!this.#events.has(key)) this.#events.set(key, { event: { ...event }, routed: false, stray: undefined });
    }
  }

  get(key: EventKey): Kept | undefined {
    return this.#events.get(keyOf(key));
  }

  setRouted(key: EventKey, routed: boolean): void {
    const kept = this.get(key);
    if (kept) kept.routed = routed;
  }

  /** One that was not routed is this one, and is. */
  routedAs(event: StoredEvent): void {
    const kept = this.get(event);
    if (kept && !kept.routed) Object.assign(kept, { event: { ...event }, routed: true });
  }

  /** In the order in which they were stored. */
  stored(app: string): Kept[] {
    return [...this.#events.values()].filter(({ event }) => event.app === app);
  }

  unrouted(app: string, limit: number): StoredEvent[] {
    return this.#inOrder(app)
      .filter(({ routed }) => !routed)
      .slice(0, limit)
      .map(({ event }) => event);
  }

  /** What is known of it already stays. */
  strays(key: EventKey, stray: Stray | undefined): void {
    const kept = this.get(key);
    if (kept) kept.stray ??= stray;
  }

  list({ app, id, name, fate, from, until, before, limit }: EventQuery): EventView[] {
    const newestFirst = this.#inOrder(app).reverse();
    const start = before === undefined ? 0 : newestFirst.findIndex(({ event }) => event.id === before) + 1;
    if (start === 0 && before !== undefined) return [];
    return newestFirst
      .slice(start)
      .filter(
        ({ event, stray }) =>
          (id === undefined || event.id === id) &&
          (name === undefined || event.name === name) &&
          (fate === undefined || stray?.fate === fate) &&
          (from === undefined || event.receivedAt >= from) &&
          (until === undefined || event.receivedAt < until),
      )
      .slice(0, limit)
      .map(view);
  }

  /** What was received before a time, and is not still to be routed. */
  routedBefore(app: string, before: number): StoredEvent[] {
    return this.#inOrder(app)
      .filter(({ event, routed }) => routed && event.receivedAt < before)
      .map(({ event }) => event);
  }

  remove(key: EventKey): void {
    this.#events.delete(keyOf(key));
  }

  apps(): string[] {
    return [...new Set([...this.#events.values()].map(({ event }) => event.app))].sort();
  }

  /** By their time; those of one time in the order in which they were stored. */
  #inOrder(app: string): Kept[] {
    return [...this.#events.values()]
      .filter(({ event }) => event.app === app)
      .sort((a, b) => a.event.receivedAt - b.event.receivedAt);
  }
}

function view({ event, routed, stray }: Kept): EventView {
  const fate: EventFate = stray?.fate ?? (routed ? "taken" : "queued");
  return { ...event, fate, ...(stray?.problem !== undefined && { problem: stray.problem }) };
}

function keyOf({ app, id }: EventKey): string {
  return JSON.stringify([app, id]);
}
