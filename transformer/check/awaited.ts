/** Steps and durable calls that nobody waits for: nearly always an `await` that was forgotten. */
import type tsTypes from "typescript";
import { chainOf } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import { stepIn } from "./callbacks.ts";
import type { Check } from "./check-units.ts";
import { isDurableCall } from "./durable-calls.ts";

/** `void step.run(…)` says that it is meant. */
export function checkAwaited(check: Check): void {
  const { ts, analysis, report } = check;
  for (const node of analysis.nodes.of<tsTypes.ExpressionStatement>(ts.SyntaxKind.ExpressionStatement)) {
    const value = unwrap(ts, node.expression);
    if (chainOf(ts, value, analysis.bindings, analysis.tools)) report.warn("step-not-awaited", value, textOf(value));
    else if (isDurableCall(check, value)) report.warn("call-not-awaited", value, textOf(value));
    else checkForEach(check, value);
  }
}

/** `items.forEach(async (item) => { await step.run(…); });` */
function checkForEach(check: Check, value: tsTypes.Expression): void {
  const { ts, analysis, report } = check;
  if (!ts.isCallExpression(value) || !ts.isPropertyAccessExpression(value.expression)) return;
  const { name } = value.expression;
  const [callback] = value.arguments;
  if (name.text !== "forEach" || !callback) return;
  const given = unwrap(ts, callback);
  const fn = (ts.isIdentifier(given) && analysis.bindings.byIdentifier.get(given)?.closure) || given;
  const tool = analysis.closures.records.get(fn)?.durable ? stepIn(check, callback) : undefined;
  if (tool !== undefined) report.warn("for-each-not-awaited", name, { tool });
}

function textOf(call: tsTypes.Expression): { call: string } {
  const [line = ""] = call.getText().split("\n");
  return { call: line.length > 40 ? `${line.slice(0, 39)}…` : line };
}
