/** The hooks around `client.send()`. */
import type { Middleware, SentEvent } from "./middleware.ts";

type Send = (events: readonly SentEvent[]) => Promise<{ ids: string[] }>;

/** Each middleware is a layer: its transform, then its `wrapSend` around the next layer. */
export function sendThrough(middleware: readonly Middleware[], events: readonly SentEvent[], send: Send) {
  const enter = async (depth: number, given: readonly SentEvent[]): Promise<{ ids: string[] }> => {
    const layer = middleware[depth];
    if (layer === undefined) return send(given);
    const transformed = layer.transformSend ? await layer.transformSend({ events: given }) : given;
    if (!Array.isArray(transformed)) {
      throw new TypeError(`transformSend of the middleware "${layer.name}" gave no list of events`);
    }
    const next = () => enter(depth + 1, transformed);
    return layer.wrapSend ? layer.wrapSend({ events: transformed }, next) : next();
  };
  return enter(0, events);
}
