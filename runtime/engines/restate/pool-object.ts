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
  /** Gives out what is free: to the one with the least rank, of equal ones to the first. */
  const serve = (context: ObjectContext, slots: readonly Slot[], limit: number): void => {
    const waiting = slots.filter(({ held }) => !held).sort((a, b) => a.rank - b.rank);
    const free = Math.max(0, limit - slots.filter(({ held }) => held).length);
    const served = new Set(waiting.slice(0, free));
    const left = slots.map((slot) => (served.has(slot) ? { ...slot, held: true } : slot));
    if (left.length > 0) context.set(slotsKey, left);
    else context.clear(slotsKey);
    const links = new Links(host.app, context);
    for (const slot of served) passOn(links, slot);
  };
  return {
    /** Asks for a slot. One that has asked before keeps what it has. */
    acquire: async (context: ObjectContext, request: PoolRequest): Promise<void> => {
      const slots = await kept(context);
      if (slots.some(isOf(request))) return;
      serve(context, [...slots, { ...request, held: false }], request.pool.limit);
    },

    /** Gives it back, or no longer waits for it. */
    giveBack: async (context: ObjectContext, { op, pool }: { readonly op: OpKey; readonly pool: Pool }): Promise<void> => {
      const slots = await kept(context);
      const left = slots.filter((slot) => !isOf(op)(slot));
      if (left.length < slots.length) serve(context, left, pool.limit);
    },
  };
}

/** Whoever has a slot here asks in the next pool, or has all that it needs. */
function passOn(links: Links, { run, op, rank, rest, now }: Slot): void {
  const [pool, ...others] = rest;
  if (pool !== undefined) {
    const request: PoolRequest = { run, op, rank, now, pool, rest: others };
    links.send({ service: "pool", key: pool.name, handler: "acquire" }, request);
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
