/** The nodes of a unit that cannot be copied as they are, with all that hold them. */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { ownNamesOutside } from "../analyse/classes.ts";
import { combinator } from "../analyse/combinators.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import { isReference } from "../analyse/targets.ts";
import { boundBy, isProxyName } from "../analyse/traced.ts";
import type { FunctionNode, TypeScript } from "../ir.ts";

export function findEdited(ts: TypeScript, analysis: Analysis, facts: FileFacts): Set<tsTypes.Node> {
  const { unit, nodes, bindings, suspensions, closures, slots, functions, templates } = analysis;
  const edited = new Set<tsTypes.Node>();
  const mark = (node: tsTypes.Node): void => {
    for (let current = node; !edited.has(current); current = current.parent) {
      edited.add(current);
      if (current === unit.fn || !current.parent) return;
    }
  };
  for (const [node, binding] of bindings.byIdentifier) if (slots.all.has(binding)) mark(node);
  for (const node of suspensions.byNode.keys()) mark(node);
  for (const node of suspensions.namedCallbacks.keys()) mark(node);
  for (const node of suspensions.loops.keys()) mark(node);
  for (const node of suspensions.adopted) mark(node);
  for (const node of closures.records.keys()) {
    mark(node);
    if (ts.isClassLike(node)) for (const name of ownNamesOutside(ts, bindings, node)) mark(name);
  }
  for (const { temporaries } of functions.values()) for (const node of temporaries.saved.keys()) mark(node);
  for (const owner of functions.keys()) markOwn(ts, analysis, owner, mark);
  for (const node of nodes) {
    const isTraced = isProxyName(ts, node, bindings, facts) || boundBy(ts, node) !== undefined;
    if (isTraced || templates.has(node) || combinator(ts, node, bindings, facts)) mark(node);
  }
  return edited;
}

/** Ways out of a durable function's own code, and what belongs to its call. */
function markOwn(
  ts: TypeScript,
  { suspensions }: Analysis,
  owner: FunctionNode,
  mark: (node: tsTypes.Node) => void,
): void {
  const visit = (node: tsTypes.Node): void => {
    if (ts.isFunctionLike(node) && !suspensions.inlined.has(node)) return;
    if (ts.isReturnStatement(node) || ts.isBreakOrContinueStatement(node)) mark(node);
    if (isOfCall(ts, node, owner)) mark(node);
    ts.forEachChild(node, visit);
  };
  if (owner.body) visit(owner.body);
}

/** `arguments` and `new.target` of a durable function: the compiled function is called in another way. */
export function isOfCall(ts: TypeScript, node: tsTypes.Node, owner: FunctionNode): boolean {
  if (ts.isArrowFunction(owner)) return false;
  if (ts.isMetaProperty(node)) return node.keywordToken === ts.SyntaxKind.NewKeyword;
  return ts.isIdentifier(node) && node.text === "arguments" && isReference(ts, node);
}
