/** The hooks around events that are sent: by `client.send()`, and by steps. */
import { NonRetriableError } from "../errors.ts";
import type { StoredEvent } from "../store.ts";
import type { SentEvent } from "../types.ts";
import type { Middleware } from "./middleware.ts";

type Send = (events: readonly SentEvent[]) => Promise<{ ids: string[] }>;

/** Each middleware is a layer: its transform, then its `wrapSend` around the next layer. */
export function sendThrough(middleware: readonly Middleware[], events: readonly SentEvent[], send: Send) {
  const enter = async (depth: number, given: readonly SentEvent[]): Promise<{ ids: string[] }> => {
    const layer = middleware[depth];
    if (layer === undefined) return send(given);
    const transformed = await transformedBy(layer, given);
    const next = () => enter(depth + 1, transformed);
    return layer.wrapSend ? layer.wrapSend({ events: transformed }, next) : next();
  };
  return enter(0, events);
}

/**
 * What is stored of events that a step sends: what the transforms make of them. Undefined when there are none. Events that
 * are wrong behind a transform are not sent, and it is not asked again.
 */
export function transformerOf(
  middleware: readonly Middleware[],
  toStored: (event: SentEvent) => StoredEvent,
): ((events: readonly SentEvent[]) => Promise<readonly StoredEvent[]>) | undefined {
  const layers = middleware.filter(({ transformSend }) => transformSend);
  if (layers.length === 0) return undefined;
  return async (events) => {
    let sent = events;
    for (const layer of layers) sent = await transformedBy(layer, sent);
    try {
      return sent.map(toStored);
    } catch (cause) {
      throw new NonRetriableError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
}

async function transformedBy(layer: Middleware, events: readonly SentEvent[]): Promise<readonly SentEvent[]> {
  const transformed = layer.transformSend ? await layer.transformSend({ events }) : events;
  if (Array.isArray(transformed)) return transformed as readonly SentEvent[];
  throw new TypeError(`transformSend of the middleware "${layer.name}" gave no list of events`);
}
