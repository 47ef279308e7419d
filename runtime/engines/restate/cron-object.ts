/** The object of a function's schedules: starts a run for each slot. */
import type { ObjectContext } from "@restatedev/restate-sdk";
import { Crons } from "../../flow/crons.ts";
import type { StateChange, StoredEvent } from "../../store.ts";
import type { HostParts } from "./host-parts.ts";
import { json, Links } from "./links.ts";
import type { ArrivingState } from "./messages.ts";

const stateKey = "schedules";
const tokenKey = "token";

/** By the texts of the schedules. */
type States = Readonly<Record<string, string>>;

interface Look {
  readonly changed: States;
  readonly events: readonly StoredEvent[];
  /** How long it is until the next slot, in milliseconds; null when there is none. */
  readonly pauseMs: number | null;
}

/** Handlers of the object, by their names. */
export function cronHandlers(host: HostParts) {
  return {
    /** What was done where the schedule ran before: events have ids of their slots, so that none is started twice. */
    arrive: async (context: ObjectContext, { state }: ArrivingState): Promise<void> => {
      const states = (await context.get<States>(stateKey)) ?? {};
      context.set(stateKey, { ...states, [state.key]: state.value });
    },

    /** Starts what is due, and looks again at the next slot. Timers carry a token, so that there is one at a time. */
    look: async (context: ObjectContext, { token }: { readonly token?: number }): Promise<void> => {
      const last = (await context.get<number>(tokenKey)) ?? 0;
      if (token !== undefined && token !== last) return;
      const states = (await context.get<States>(stateKey)) ?? {};
      const action = () => look(host, context.key, states);
      const { changed, events, pauseMs } = (await context.run("look", action, { serde: json as never })) as Look;
      context.set(stateKey, { ...states, ...changed });
      context.set(tokenKey, last + 1);
      const links = new Links(host.app, context);
      for (const event of events) links.send({ service: "event", key: event.id, handler: "put" }, event);
      if (pauseMs === null) return;
      links.send({ service: "cron", key: context.key, handler: "look" }, { token: last + 1 }, pauseMs);
    },
  };
}

async function look(host: HostParts, functionId: string, states: States): Promise<Look> {
  const fn = host.functionOf(functionId);
  if (fn === undefined) return { changed: {}, events: [], pauseMs: null };
  const changed: Record<string, string> = {};
  const sent: StoredEvent[] = [];
  const store = {
    states: async (keys: readonly { readonly key: string }[]) =>
      keys.map(({ key }) => stateOf(changed[key] ?? states[key])),
    changeStates: async (changes: readonly StateChange[], events: readonly StoredEvent[]) => {
      for (const { key, after } of changes) changed[key] = after;
      sent.push(...events);
      return "ok" as const;
    },
  };
  const now = host.clock.now();
  const next = await new Crons(store, host.app).look([fn], now);
  return { changed, events: sent, pauseMs: Number.isFinite(next) ? Math.max(1, next - now) : null };
}

function stateOf(value: string | undefined): { readonly value?: string } {
  return value === undefined ? {} : { value };
}
