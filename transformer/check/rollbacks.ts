/**
 * Rollbacks that lose the error which they are for: whoever reads the failed run cannot see which step failed. And those
 * that are passed over when the run is cancelled.
 */
import type tsTypes from "typescript";
import { heldBy } from "../analyse/analyse-unit.ts";
import { toolOf } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Check } from "./check-units.ts";
import { mayBeStored } from "./durable-calls.ts";

export function checkRollbacks(check: Check): void {
  const { ts, analysis } = check;
  for (const node of analysis.nodes.of<tsTypes.TryStatement>(ts.SyntaxKind.TryStatement)) {
    if (!node.catchClause) continue;
    checkCatch(check, node, node.catchClause);
    if (!node.catchClause.variableDeclaration) checkUnbound(check, node, node.catchClause);
  }
}

function checkUnbound(check: Check, { tryBlock }: tsTypes.TryStatement, clause: tsTypes.CatchClause): void {
  const firstStored = (node: tsTypes.Node) => heldBy(check.analysis, node).find((each) => mayBeStored(check, each));
  const step = firstStored(clause.block);
  if (!step || !firstStored(tryBlock)) return;
  const keyword = { start: clause.getStart(), length: "catch".length };
  check.report.hint("catch-not-cancelled", keyword, { label: step.label });
}

/** An error that is made of the caught one, or has it as its cause, keeps it. */
function checkCatch(check: Check, { tryBlock }: tsTypes.TryStatement, clause: tsTypes.CatchClause): void {
  const { ts, analysis, report } = check;
  if (analysis.nodes.of(ts.SyntaxKind.ThrowStatement).length === 0) return;
  const step = heldBy(analysis, tryBlock).find(({ operand }) => {
    return operand && toolOf(ts, unwrap(ts, operand), analysis.bindings, analysis.tools) !== undefined;
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
