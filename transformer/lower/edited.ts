/** The nodes of a unit that cannot be copied as they are, with all that hold them. */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { ownNamesOutside } from "../analyse/classes.ts";
import { combinator } from "../analyse/combinators.ts";
import { isDeferred } from "../analyse/deferred.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import { isReference } from "../analyse/targets.ts";
import { boundBy, isProxyName } from "../analyse/traced.ts";
import type { FunctionNode, TypeScript } from "../ir.ts";
import { namelessFunctions } from "./lost-names.ts";

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
  for (const node of ownNodes(ts, analysis)) mark(node);
  for (const node of templates.keys()) mark(node);
  for (const node of bindings.evaluated.keys()) mark(node);
  for (const node of namelessFunctions(ts, analysis)) mark(node);
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    if (isProxyName(ts, name, bindings, facts)) mark(name);
  }
  for (const call of nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)) {
    if (boundBy(ts, call) || combinator(ts, call, bindings, facts)) mark(call);
  }
  for (const made of nodes.of<tsTypes.NewExpression>(ts.SyntaxKind.NewExpression)) {
    if (isDeferred(ts, analysis, facts, made)) mark(made);
  }
  return edited;
}

/** Ways out of a durable function's own code, and what belongs to its call. */
function ownNodes(ts: TypeScript, { nodes, functions, suspensions }: Analysis): tsTypes.Node[] {
  const { SyntaxKind } = ts;
  const isOwn = (node: tsTypes.Node): boolean => {
    let part = node;
    while (!ts.isFunctionLike(part.parent) || suspensions.inlined.has(part.parent)) part = part.parent;
    const owner = part.parent as FunctionNode;
    const isWayOut = !ts.isIdentifier(node) && !ts.isMetaProperty(node);
    return functions.has(owner) && part !== owner.name && (isWayOut || isOfCall(ts, node, owner));
  };
  const waysOut = [SyntaxKind.ReturnStatement, SyntaxKind.BreakStatement, SyntaxKind.ContinueStatement] as const;
  return [
    ...waysOut.flatMap((kind) => nodes.of(kind)),
    ...nodes.of(SyntaxKind.MetaProperty),
    ...nodes.of<tsTypes.Identifier>(SyntaxKind.Identifier).filter(({ text }) => text === "arguments"),
  ].filter(isOwn);
}

/** `arguments` and `new.target` of a durable function: the compiled function is called in another way. */
export function isOfCall(ts: TypeScript, node: tsTypes.Node, owner: FunctionNode): boolean {
  if (ts.isArrowFunction(owner)) return false;
  if (ts.isMetaProperty(node)) return node.keywordToken === ts.SyntaxKind.NewKeyword;
  return ts.isIdentifier(node) && node.text === "arguments" && isReference(ts, node);
}
