/** What this engine cannot do is refused when a function is registered, and not when a run needs it. */
import { BackstitchError } from "../../faults.ts";
import type { RegisteredFunction } from "../../types.ts";

/** @throws BackstitchError BS2130 */
export function refuse({ id, flow }: RegisteredFunction): void {
  if (!flow?.concurrency.some(({ scope }) => scope === "account")) return;
  throw new BackstitchError("BS2130", {
    where: `function "${id}" has a \`concurrency\` with the scope "account", and each app on Restate has slots of its own`,
    fix: 'Give the scope "env", or keep the runs in a store: docs/engines.md has the table of what each can do.',
  });
}
