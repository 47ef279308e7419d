/** The object of a move into this engine: how far it has come. */
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { ArrivalState } from "./arrivals.ts";

const stateKey = "state";

/** Handlers of the object, by their names. */
export const moveHandlers = {
  /** It never goes back by that. */
  become: async (context: ObjectContext, state: "begun" | "releasing" | "over"): Promise<void> => {
    const order = ["none", "begun", "releasing", "over"];
    const before = (await context.get<ArrivalState>(stateKey)) ?? "none";
    if (order.indexOf(state) > order.indexOf(before)) context.set(stateKey, state);
  },

  /** What had come is removed. */
  forget: async (context: ObjectContext): Promise<void> => {
    if ((await context.get<ArrivalState>(stateKey)) === "begun") context.clear(stateKey);
  },
};

/** Handlers that run beside the others. */
export const moveReaders = {
  look: async (context: ObjectSharedContext): Promise<ArrivalState> =>
    (await context.get<ArrivalState>(stateKey)) ?? "none",
};
