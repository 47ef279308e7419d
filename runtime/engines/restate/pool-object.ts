/** The object of a pool of slots: which ops have one, and which wait. */
import type { ObjectContext } from "@restatedev/restate-sdk";
import type { OpKey, Pool } from "../../store.ts";
import type { HostParts } from "./host-parts.ts";
import { Links } from "./links.ts";
import type { Letter, PoolRequest } from "./messages.ts";

const slotsKey = "slots";

/** In the order in which they came. */
interface Slot extends PoolRequest {
  readonly held: boolean;
}

/** Handlers of the object, by their names. */
export function poolHandlers(host: HostParts) {
  /** Gives out what is free: to the one with the least rank, of equal ones to the first. Answers who is served. */
  const serve = (context: ObjectContext, slots: readonly Slot[], limit: number): Slot[] => {
    const waiting = slots.filter(({ held }) => !held).sort((a, b) => a.rank - b.rank);
    const free = Math.max(0, limit - slots.filter(({ held }) => held).length);
    const served = new Set(waiting.slice(0, free));
    const left = slots.map((slot) => (served.has(slot) ? { ...slot, held: true } : slot));
    if (left.length > 0) context.set(slotsKey, left);
    else context.clear(slotsKey);
    return [...served];
  };
  const tell = (context: ObjectContext, served: readonly Slot[]): void => {
    const links = new Links(host.app, context);
    for (const slot of served) passOn(links, slot);
  };
  return {
    /** A run asks for slots, and is answered which of its ops have one at once. Others are told when they have. */
    acquire: async (context: ObjectContext, requests: readonly PoolRequest[]): Promise<number[]> => {
      const [first] = requests;
      if (first === undefined) return [];
      const slots = await kept(context);
      const fresh = requests.filter((request) => !slots.some(isOf(request)));
      const all = [...slots, ...fresh.map((request) => ({ ...request, held: false }))];
      const served = serve(context, all, first.pool.limit);
      const isAsking = (slot: Slot) => fresh.some((request) => isOf(request)(slot));
      tell(
        context,
        served.filter((slot) => !isAsking(slot)),
      );
      return served.filter(isAsking).map(({ op }) => op);
    },

    /** A slot in the pool before this one was given, and the next one is asked for. */
    enter: async (context: ObjectContext, request: PoolRequest): Promise<void> => {
      const slots = await kept(context);
      if (slots.some(isOf(request))) return;
      tell(context, serve(context, [...slots, { ...request, held: false }], request.pool.limit));
    },

    /** Gives it back, or no longer waits for it. */
    giveBack: async (
      context: ObjectContext,
      { op, pool }: { readonly op: OpKey; readonly pool: Pool },
    ): Promise<void> => {
      const slots = await kept(context);
      const left = slots.filter((slot) => !isOf(op)(slot));
      if (left.length < slots.length) tell(context, serve(context, left, pool.limit));
    },
  };
}

/** Whoever has a slot here asks in the next pool, or has all that it needs. */
function passOn(links: Links, { run, op, rank, rest, now }: Slot): void {
  const [pool, ...others] = rest;
  if (pool !== undefined) {
    const request: PoolRequest = { run, op, rank, now, pool, rest: others };
    links.send({ service: "pool", key: pool.name, handler: "enter" }, request);
    return;
  }
  const letter: Letter = { op, kind: "slot", text: null, receivedAt: now };
  links.send({ service: "run", key: run, handler: "mail" }, letter);
}

async function kept(context: ObjectContext): Promise<Slot[]> {
  return (await context.get<Slot[]>(slotsKey)) ?? [];
}

function isOf({ run, op }: OpKey): (slot: Slot) => boolean {
  return (slot) => slot.run === run && slot.op === op;
}
