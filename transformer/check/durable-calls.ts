/** Calls of durable functions, as far as syntax tells. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { Check } from "./check-units.ts";

/** A call of a durable function of this unit, or of one that is given the tools: `pay(step, sum)`. */
export function isDurableCall({ ts, analysis }: Check, node: tsTypes.Expression): boolean {
  if (!ts.isCallExpression(node)) return false;
  const { bindings, tools, closures } = analysis;
  const callee = unwrap(ts, node.expression);
  const called = ts.isIdentifier(callee) ? bindings.byIdentifier.get(callee) : undefined;
  if (called?.closure && closures.records.get(called.closure)?.durable) return true;
  return node.arguments.some((argument) => {
    const value = unwrap(ts, argument);
    const binding = ts.isIdentifier(value) ? bindings.byIdentifier.get(value) : undefined;
    return binding !== undefined && (tools.steps.has(binding) || tools.contexts.has(binding));
  });
}
