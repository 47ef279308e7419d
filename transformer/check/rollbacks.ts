/** Rollbacks that lose the error which they are for: whoever reads the failed run cannot see which step failed. */
import type tsTypes from "typescript";
import { heldBy } from "../analyse/analyse-unit.ts";
import { toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Check } from "./check-units.ts";

export function checkRollbacks(check: Check): void {
  const { ts, analysis } = check;
  for (const node of analysis.nodes.of<tsTypes.TryStatement>(ts.SyntaxKind.TryStatement)) {
    if (node.catchClause) checkCatch(check, node, node.catchClause);
  }
}

/** An error that is made of the caught one, or has it as its cause, keeps it. */
function checkCatch(check: Check, { tryBlock }: tsTypes.TryStatement, clause: tsTypes.CatchClause): void {
  const { ts, analysis, report } = check;
  const step = heldBy(analysis, tryBlock).find(({ operand }) => {
    return operand && toolCall(ts, unwrap(ts, operand), analysis.bindings, analysis.tools) !== undefined;
  });
  if (!step) return;
  const caught = clause.variableDeclaration?.name;
  const visit = (node: tsTypes.Node): void => {
    if (ts.isFunctionLike(node) || ts.isTryStatement(node)) return;
    if (ts.isThrowStatement(node) && ts.isNewExpression(unwrap(ts, node.expression)) && !uses(check, node, caught)) {
      report.hint("error-lost", node, { label: step.label });
    }
    ts.forEachChild(node, visit);
  };
  visit(clause.block);
}

/** A variable may hold what was caught: any name of the function that is no parameter of it counts. */
function uses({ ts, analysis }: Check, node: tsTypes.Node, caught: tsTypes.BindingName | undefined): boolean {
  if (!caught) return false;
  const own = new Set<unknown>();
  const collect = (name: tsTypes.Node): void => {
    if (ts.isIdentifier(name)) own.add(analysis.bindings.byIdentifier.get(name));
    ts.forEachChild(name, collect);
  };
  collect(caught);
  const mentions = (inner: tsTypes.Node): boolean => {
    if (ts.isIdentifier(inner) && own.has(analysis.bindings.byIdentifier.get(inner))) return true;
    return ts.forEachChild(inner, mentions) ?? false;
  };
  return mentions(node);
}
