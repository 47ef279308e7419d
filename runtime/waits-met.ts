/** Which waits an event meets. */
import { decode, encode } from "./codec/index.ts";
import { valueAt } from "./engine/value-at.ts";
import type { Met, Store, StoredEvent, StoredWait, WaitMatch } from "./store.ts";
import type { BackstitchEvent } from "./types.ts";

/** Waits read in one go. */
const pageSize = 200;

/**
 * Asks the store for those whose match the event has, and for those that have none. A wait that begins later does not
 * count: an event is only for those that wait already.
 */
export async function waitsMetBy(store: Store, stored: StoredEvent): Promise<Met[]> {
  const { app, name } = stored;
  const matches: (WaitMatch | undefined)[] = [undefined];
  let event: BackstitchEvent | undefined;
  for (const path of await store.waitPaths(app, name)) {
    event ??= toEvent(stored);
    const value = valueAt(event, path);
    if (value !== undefined) matches.push({ path, value: encode(value) });
  }
  const met: Met[] = [];
  for (const match of matches) {
    for await (const wait of waitsFor(store, app, name, match)) {
      if (wait.until !== undefined && wait.until <= stored.receivedAt) continue;
      event ??= toEvent(stored);
      met.push({ wait, text: encode(event) });
    }
  }
  return met;
}

async function* waitsFor(
  store: Store,
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

function toEvent({ id, name, data, receivedAt }: StoredEvent): BackstitchEvent {
  return { id, name, data: decode(data), ts: receivedAt };
}
