/** Many events, one line each. */
import type { LoggedEvent } from "../../runtime/index.ts";
import { headline, line, table, time } from "../runs/values.ts";

/** Characters of an error that a line shows. */
const shownError = 120;

export function printEvents(events: readonly LoggedEvent[]): string {
  if (events.length === 0) return "";
  return table([
    ["FATE", "SENT", "ID", "NAME", "DATA, OR WHAT IS WRONG"],
    ...events.map((event) => [event.fate, time(event.ts), event.id, event.name, about(event)]),
  ]);
}

function about({ data, problem }: LoggedEvent): string {
  if (problem === undefined) return line(data);
  const text = headline(problem).replaceAll(/\s+/g, " ");
  return text.length > shownError ? `${text.slice(0, shownError - 1)}…` : text;
}
