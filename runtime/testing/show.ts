/** Runs of tests in words, for the messages of assertions. */
import { inspect } from "node:util";
import type { TraceEntry } from "./test-run.ts";

/** One line for each attempt. */
export function shownTrace(trace: readonly (Omit<TraceEntry, "attempt"> & { readonly attempt?: number })[]): string {
  if (trace.length === 0) return "  (nothing ran)";
  return trace.map((entry) => `  ${shownEntry(entry)}`).join("\n");
}

function shownEntry({ kind, id, index, attempt = 0, outcome }: Parameters<typeof shownTrace>[0][number]): string {
  const name = `${kind} ${JSON.stringify(id)}${index > 0 ? `:${index}` : ""}`;
  const tried = attempt > 0 ? `, attempt ${attempt}` : "";
  if ("error" in outcome) return `${name}${tried} failed: ${shownValue(outcome.error)}`;
  return `${name}${tried} completed${outcome.ok === undefined ? "" : `: ${shownValue(outcome.ok)}`}`;
}

/** In one line; of an error its name and message. */
export function shownValue(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4 });
}
