/** The option `priority`. */
import type { Logger } from "../engine/contract.ts";
import type { BackstitchEvent } from "../types.ts";
import type { Flow } from "./options.ts";

const mostSeconds = 43_200;

/** Milliseconds by which a run goes ahead of others: as if it had come so much earlier. Negative: later. */
export function priorityMs(flow: Flow | undefined, event: BackstitchEvent, logger: Logger): number {
  const seconds = flow?.priority?.number({ event }, logger) ?? 0;
  return Math.round(Math.max(-mostSeconds, Math.min(mostSeconds, seconds)) * 1_000);
}
