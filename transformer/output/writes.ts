/**
 * Variables of the run that callbacks of steps alone write to. What a callback wrote is kept when the code beside it is tried
 * again; of a variable that this code writes to as well, nobody could say which value that is.
 *
 *   step.run("count", () => { count++; })                writes: { "count": [[0, "count"]] }
 */
import type { SlotPath } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { closureScopes } from "../analyse/paths.ts";
import type { Binding, Closure } from "../ir.ts";
import { isIn } from "./inside.ts";
import { define } from "./tables.ts";

/** By the id of the callback. */
export function writesOf(analysis: Analysis): Record<string, readonly SlotPath[]> {
  const callbacks = [...analysis.closures.records.values()].filter(({ role }) => role === "callback");
  const writes: Record<string, readonly SlotPath[]> = {};
  for (const callback of callbacks) {
    const own = [...callback.captures].filter(
      (binding) => analysis.slots.all.has(binding) && isWrittenIn(binding, callback),
    );
    const kept = own.filter((binding) =>
      writesTo(binding).every(({ node }) => callbacks.some((each) => isIn(node, each.node))),
    );
    if (kept.length === 0) continue;
    const scopes = closureScopes(analysis, callback);
    define(
      writes,
      callback.id,
      kept.map((binding) => [scopes.indexOf(binding.scope), binding.name]),
    );
  }
  return writes;
}

/** Without the initialisers of its declarations. */
function writesTo({ references, declarations }: Binding) {
  return references.filter(({ node, write }) => write && !declarations.some((declaration) => declaration === node));
}

function isWrittenIn(binding: Binding, callback: Closure): boolean {
  return writesTo(binding).some(({ node }) => isIn(node, callback.node));
}
