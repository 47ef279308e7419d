/** The hooks around events that are sent: by `client.send()`, and by steps. */
import type { StepSend } from "../engine/contract.ts";
import { NonRetriableError } from "../errors.ts";
import type { StoredEvent } from "../store.ts";
import type { SentEvent } from "../types.ts";
import type { Middleware, MiddlewareRun } from "./middleware.ts";

type Send = (events: readonly SentEvent[]) => Promise<{ ids: string[] }>;

/**
 * Each middleware is a layer: its transform, then its `wrapSend` around the next layer.
 *
 * @param run which sends them, if one does
 */
export function sendThrough(
  middleware: readonly Middleware[],
  events: readonly SentEvent[],
  send: Send,
  run?: MiddlewareRun,
): Promise<{ ids: string[] }> {
  const about = (sent: readonly SentEvent[]) => ({ events: sent, ...(run && { run }) });
  const enter = async (depth: number, given: readonly SentEvent[]): Promise<{ ids: string[] }> => {
    const layer = middleware[depth];
    if (layer === undefined) return send(given);
    const events = layer.transformSend ? await layer.transformSend(about(given)) : given;
    if (!Array.isArray(events)) {
      throw new TypeError(`transformSend of the middleware "${layer.name}" gave no list of events`);
    }
    const next = () => enter(depth + 1, events);
    return layer.wrapSend ? layer.wrapSend(about(events), next) : next();
  };
  return enter(0, events);
}

/**
 * What is sent of the events of a step, as an attempt of that step: what the innermost `next` was given. Undefined when no
 * middleware has such hooks. Events that are wrong behind a transform are not sent, and it is not asked again.
 */
export function sendLayer(
  middleware: readonly Middleware[],
  run: MiddlewareRun,
  toStored: (event: SentEvent) => StoredEvent,
): StepSend | undefined {
  const layers = middleware.filter(({ transformSend, wrapSend }) => transformSend ?? wrapSend);
  if (layers.length === 0) return undefined;
  return async (given) => {
    let events: readonly StoredEvent[] = [];
    const send: Send = async (sent) => {
      events = storedOf(sent, toStored);
      return { ids: events.map(({ id }) => id) };
    };
    const { ids } = (await sendThrough(layers, given, send, run)) ?? {};
    if (!Array.isArray(ids))
      throw new TypeError("a `wrapSend` of its middleware did not give what `next` gave, { ids }");
    return { events, ids };
  };
}

function storedOf(events: readonly SentEvent[], toStored: (event: SentEvent) => StoredEvent): readonly StoredEvent[] {
  try {
    return events.map(toStored);
  } catch (cause) {
    throw new NonRetriableError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
