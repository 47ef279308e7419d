/** The object of a signal: which op waits for it. */
import type { ObjectContext } from "@restatedev/restate-sdk";
import type { OpKey } from "../../store.ts";
import type { HostParts } from "./host-parts.ts";
import { Links } from "./links.ts";
import type { Letter, SignalMessage, SignalWait } from "./messages.ts";

const holderKey = "holder";

/** Handlers of the object, by their names. */
export function signalHandlers(host: HostParts) {
  const tell = (context: ObjectContext, { run, op }: OpKey, letter: Omit<Letter, "op">) =>
    new Links(host.app, context).send({ service: "run", key: run, handler: "mail" }, { op, ...letter });
  return {
    wait: async (context: ObjectContext, { run, op, onConflict, now }: SignalWait): Promise<"ok" | "conflict"> => {
      const holder = await context.get<OpKey>(holderKey);
      if (holder && onConflict === "fail") return "conflict";
      if (holder) tell(context, holder, { kind: "replaced", text: null, receivedAt: now });
      context.set(holderKey, { run, op });
      return "ok";
    },

    leave: async (context: ObjectContext, { run, op }: OpKey): Promise<void> => {
      const holder = await context.get<OpKey>(holderKey);
      if (holder?.run === run && holder.op === op) context.clear(holderKey);
    },

    /** Answers the run that waited; null when none did. */
    send: async (context: ObjectContext, { text, now }: SignalMessage): Promise<string | null> => {
      const holder = await context.get<OpKey>(holderKey);
      if (holder === null) return null;
      context.clear(holderKey);
      tell(context, holder, { kind: "signal", text, receivedAt: now });
      return holder.run;
    },
  };
}
