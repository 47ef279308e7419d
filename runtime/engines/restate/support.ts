/** What this engine cannot do is refused when a function is registered, and not when a run needs it. */
import { BackstitchError } from "../../faults.ts";
import type { Flow } from "../../flow/options.ts";
import type { RegisteredFunction } from "../../types.ts";

/** Options of functions that need what is not built here, by the name that authors give them. */
const refused: readonly (readonly [option: string, isAsked: (flow: Flow) => boolean])[] = [
  ["concurrency with scope account", ({ concurrency }) => concurrency.some(({ scope }) => scope === "account")],
  ["throttle", ({ throttle }) => throttle !== undefined],
  ["rateLimit", ({ rateLimit }) => rateLimit !== undefined],
  ["debounce", ({ debounce }) => debounce !== undefined],
  ["batchEvents", ({ batch }) => batch !== undefined],
  ["singleton", ({ singleton }) => singleton !== undefined],
  ["idempotency", ({ idempotency }) => idempotency !== undefined],
  ["priority", ({ priority }) => priority !== undefined],
];

/** @throws BackstitchError BS2130 */
export function refuse({ id, flow }: RegisteredFunction): void {
  const asked = flow && refused.find(([, isAsked]) => isAsked(flow))?.[0];
  if (asked === undefined) return;
  throw new BackstitchError("BS2130", {
    where: `function "${id}" has \`${asked}\`, which the engine of backstitch/restate does not have`,
    fix: "Leave it out, or keep the runs of this function in a store: docs/engines.md has the table of what each can do.",
  });
}
