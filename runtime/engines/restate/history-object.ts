/** The object of a run's older history: it is written in pieces, and read by queries alone. */
import type { ObjectContext } from "@restatedev/restate-sdk";
import type { HistoryPiece } from "./messages.ts";

/** Handlers of the object, by their names. */
export const historyHandlers = {
  add: async (context: ObjectContext, { number, records }: HistoryPiece): Promise<void> => {
    context.set(pieceKey(number), records);
  },
};

/** Keys of pieces sort in their order. */
function pieceKey(number: number): string {
  return String(number).padStart(8, "0");
}
