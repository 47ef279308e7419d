/** Calls of durable functions, and where they are awaited, as far as syntax tells. */
import type tsTypes from "typescript";
import { combinator } from "../analyse/combinators.ts";
import { isGenerator } from "../analyse/generators.ts";
import { mayBeHandle } from "../analyse/handles.ts";
import { chainOf, parallelCallback } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { FunctionNode, Suspension } from "../ir.ts";
import type { Check } from "./check-units.ts";

/** A call of a durable function of this unit, or of one that is given the tools: `pay(step, sum)`; `group.parallel(f)`. */
export function isDurableCall({ ts, analysis }: Check, node: tsTypes.Expression): boolean {
  if (!ts.isCallExpression(node)) return false;
  const { bindings, tools, closures } = analysis;
  if (parallelCallback(ts, node, bindings, tools)) return true;
  const callee = unwrap(ts, node.expression);
  const called = ts.isIdentifier(callee) ? bindings.byIdentifier.get(callee)?.closure : undefined;
  if (called && closures.records.get(called)?.durable && !isGenerator(called as FunctionNode)) return true;
  return node.arguments.some((argument) => {
    const value = unwrap(ts, argument);
    const binding = ts.isIdentifier(value) ? bindings.byIdentifier.get(value) : undefined;
    return binding !== undefined && (tools.steps.has(binding) || tools.contexts.has(binding));
  });
}

/** A frame is stored where a step, a durable call or a handle is awaited; an ordinary await ends within its segment. */
export function mayBeStored(check: Check, { operand, yields }: Suspension): boolean {
  const { ts, analysis } = check;
  const { bindings, tools, suspensions } = analysis;
  if (!operand || yields) return false;
  const value = unwrap(ts, operand);
  if (!ts.isCallExpression(value)) return mayBeHandle({ ts, bindings }, value);
  const callee = unwrap(ts, value.expression);
  if (ts.isPropertyAccessExpression(callee) && /^(?:then|catch|finally)$/.test(callee.name.text)) return true;
  if (chainOf(ts, value, bindings, tools) || isDurableCall(check, value)) return true;
  return combinator(ts, value, bindings, check.facts) !== undefined || suspensions.holders.has(value);
}
