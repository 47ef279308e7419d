/** Tools that send: events, signals, and calls of other functions. */
import { v7 as uuidv7 } from "uuid";
import { type Duration, durationMs } from "../duration.ts";
import type { CreatedEvent } from "../event-types.ts";
import { encodeData, toStoredEvent } from "../events.ts";
import { checkKeys, checkName } from "../options.ts";
import type { StoredEvent } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { Handle } from "./handle.ts";
import { describe, makeOp, nameOf } from "./make-op.ts";

/** Name of the events that start runs for `step.invoke`. */
export const invokedEvent = "backstitch/function.invoked";

/**
 * The events become visible with the commit that holds the op, so it has its outcome from the start. Where a middleware
 * is around them, it is a step that runs the middleware, and they become visible with its outcome.
 */
export function sendEvent(activation: Activation, id: unknown, events: unknown): Handle {
  return makeOp(activation, "step.sendEvent", id, () => {
    const { app, now } = activation.owner;
    const list: readonly unknown[] = Array.isArray(events) ? events : [events];
    const stored = list.map((event) => toStoredEvent(event, app, now.call(activation.owner)));
    if (activation.owner.wrapsSend && list.length > 0) return { kind: "send", input: list.map(withoutValidate) };
    const outcome = { ok: true, value: { ids: stored.map((event) => event.id) } } as const;
    return { kind: "send", outcome, announcement: { events: stored } };
  });
}

/**
 * The signal goes out with the commit that holds the op, which is told by mail whether somebody waited for it: so it is sent
 * once, and told once.
 */
export function sendSignal(activation: Activation, id: unknown, options: unknown): Handle {
  const where = describe("step.sendSignal", nameOf(id));
  return makeOp(activation, "step.sendSignal", id, (op) => {
    checkKeys(options, ["signal", "data"], where);
    const { signal: name, data } = options as { signal?: unknown; data?: unknown };
    checkName(name, "signal", where);
    const signal = { op, name, text: encodeData(data, `\`data\` of ${where}`) };
    return { kind: "sendSignal", input: [name, data], dueAt: Number.POSITIVE_INFINITY, announcement: { signal } };
  });
}

/** What can be stored of an event that an event type made. */
function withoutValidate(event: unknown): unknown {
  const { validate: _, ...rest } = event as Partial<CreatedEvent>;
  return rest;
}

interface InvokeOptions {
  readonly function?: unknown;
  readonly data?: unknown;
  readonly timeout?: Duration;
}

/** Starts a run of a function and waits for its end. */
export function invoke(activation: Activation, id: unknown, options: unknown): Handle {
  const where = describe("step.invoke", nameOf(id));
  return makeOp(activation, "step.invoke", id, (op) => {
    checkKeys(options, ["function", "data", "timeout"], where);
    const { function: callee, data = {}, timeout } = options as InvokeOptions;
    const { owner } = activation;
    const now = owner.now();
    const { app, target } = calleeOf(callee, owner.app);
    const event: StoredEvent = {
      id: uuidv7(),
      app,
      name: invokedEvent,
      data: encodeData(data, `\`data\` of ${where}`),
      receivedAt: now,
      target,
      parent: { run: owner.run, op },
    };
    const dueAt =
      timeout === undefined ? Number.POSITIVE_INFINITY : now + durationMs(timeout, `\`timeout\` of ${where}`);
    return { kind: "invoke", input: [target], dueAt, announcement: { events: [event] } };
  });
}

/** A function, or a reference to one by its id and, when it is another's, by its app. */
function calleeOf(callee: unknown, app: string): { readonly app: string; readonly target: string } {
  if (typeof callee !== "object" || callee === null)
    throw new TypeError("`function` must be a function of a client, or referenceFunction({ functionId })");
  const { functionId, appId = app, id } = callee as { functionId?: unknown; appId?: unknown; id?: unknown };
  const target = functionId ?? id;
  if (typeof target !== "string" || typeof appId !== "string") throw new TypeError("`function` has no id");
  return { app: appId, target };
}
