/**
 * The object of an invocation that Restate has to try again: in how many processes it has begun at the place where it is. Those
 * that came to its end or one commit further are not counted, so they are those that it may have killed.
 */
import type { ObjectContext } from "@restatedev/restate-sdk";
import type { HostParts } from "./host-parts.ts";
import { Links } from "./links.ts";
import type { BegunMessage } from "./messages.ts";

const begunKey = "begun";
/** Restate tries an invocation again within seconds. */
const forgetAfterMs = 86_400_000;

interface Begun {
  readonly place: number;
  readonly workers: readonly string[];
}

/** Handlers of the object, by their names. */
export function attemptsHandlers(host: HostParts) {
  return {
    /** Answers in how many other processes it has begun there before. */
    begin: async (context: ObjectContext, { place, worker }: BegunMessage): Promise<number> => {
      const begun = await context.get<Begun>(begunKey);
      const others = begun?.place === place ? begun.workers.filter((other) => other !== worker) : [];
      const now: Begun = { place, workers: [...others, worker] };
      context.set(begunKey, now);
      const to = { service: "attempts", key: context.key, handler: "forget" } as const;
      new Links(host.app, context).send(to, now, forgetAfterMs);
      return others.length;
    },

    /** Nothing has come since. */
    forget: async (context: ObjectContext, { place, workers }: Begun): Promise<void> => {
      const begun = await context.get<Begun>(begunKey);
      if (begun?.place === place && begun.workers.length === workers.length) context.clear(begunKey);
    },
  };
}
