/** The object of a run's older history: it is written in chapters, and read by queries alone. */
import type { ObjectContext } from "@restatedev/restate-sdk";
import type { HistoryChapter } from "./messages.ts";

/** Handlers of the object, by their names. */
export const historyHandlers = {
  add: async (context: ObjectContext, { number, records }: HistoryChapter): Promise<void> => {
    context.set(chapterKey(number), records);
  },
};

/** Keys of chapters sort in their order. */
function chapterKey(number: number): string {
  return String(number).padStart(8, "0");
}
