/**
 * Names that a unit uses as values and does not declare: functions, classes and objects of its module and its imports.
 * A variable that holds one across a suspension, or a function that is a property of one, is stored by that name.
 */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import { isWrapper } from "../discover/unwrap.ts";
import type { FunctionNode, TypeScript } from "../ir.ts";
import { type FileFacts, standardNames } from "./file-facts.ts";
import { isLogicalAssignment, isLogicalOperator } from "./operands.ts";
import { isOwner, methodOf, takesOurs } from "./outer-puts.ts";
import type { Bindings } from "./scopes.ts";
import { isAssignment, isReference } from "./targets.ts";
import type { Temporaries } from "./temporaries.ts";
import { givesTool, type Tools } from "./tools.ts";

/** Errors of the package, which the codec knows as well. */
const ourErrors: ReadonlySet<string> = new Set([
  "BackstitchError",
  "CancelledError",
  "NonRetriableError",
  "RetryAfterError",
  "StepError",
]);

export interface OuterNamesInput {
  readonly ts: TypeScript;
  readonly nodes: Nodes;
  readonly bindings: Bindings;
  readonly facts: FileFacts;
  readonly imports: PackageImports;
  readonly tools: Tools;
  readonly functions: ReadonlyMap<FunctionNode, { readonly temporaries: Temporaries }>;
}

export function findOuterNames(input: OuterNamesInput): ReadonlySet<string> {
  const { ts, bindings, facts, imports, tools } = input;
  const found = new Set<string>();
  const isThis = (node: tsTypes.Identifier) => isThisOfHelper(ts, node, bindings, tools);
  for (const node of input.nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    const { text } = node;
    if (found.has(text) || bindings.byIdentifier.has(node)) continue;
    if (!(isValue(ts, node) || isThis(node) || isSaved(input, node) || takesOurs(ts, node))) continue;
    const isOurs = ourErrors.has(imports.named.get(text) ?? "") && !isPassedOn(ts, node);
    const isKnown = isInCodec(text, facts) || isOurs;
    if (!isKnown && text !== "arguments" && !facts.assigned.has(text)) found.add(text);
  }
  return found;
}

/** The codec names every function of the language but `eval`, so that only where the code has it, a frame can. */
function isInCodec(name: string, facts: FileFacts): boolean {
  return standardNames.has(name) && !facts.declared.has(name) && name !== "eval";
}

/** `pay` in `pay(await step.run(…))`: a temporary keeps it. */
function isSaved({ ts, functions }: OuterNamesInput, node: tsTypes.Identifier): boolean {
  let outer: tsTypes.Node = node;
  while (isWrapper(ts, outer.parent)) outer = outer.parent;
  return [...functions.values()].some(({ temporaries: { saved } }) => saved.has(node) || saved.has(outer));
}

/** `shop` in `shop.pay(step)` and `shop.plans.pro.pay(step)`: the call may keep what is in front of the method. */
function isThisOfHelper(ts: TypeScript, node: tsTypes.Identifier, bindings: Bindings, tools: Tools): boolean {
  let callee: tsTypes.Node = node;
  while (isOwner(ts, callee)) callee = callee.parent;
  const call = callee.parent;
  return (
    callee !== node && ts.isCallExpression(call) && call.expression === callee && givesTool(ts, call, bindings, tools)
  );
}

/** Whether the value itself, or a property of it, can be kept: it is not just called. */
function isValue(ts: TypeScript, node: tsTypes.Identifier): boolean {
  return isReference(ts, node) && (isPassedOn(ts, node) || isClassOfErrors(ts, node));
}

/** `error instanceof Declined`, `throw new bank.Declined()`: an error that is kept is to have this class again. */
function isClassOfErrors(ts: TypeScript, node: tsTypes.Identifier): boolean {
  let named: tsTypes.Node = node;
  while (isOwner(ts, named)) named = named.parent;
  const { parent } = named;
  if (ts.isNewExpression(parent)) return parent.expression === named && ts.isThrowStatement(parent.parent);
  return (
    ts.isBinaryExpression(parent) &&
    parent.right === named &&
    parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  );
}

function isPassedOn(ts: TypeScript, node: tsTypes.Expression): boolean {
  let outer: tsTypes.Node = node;
  while (isWrapper(ts, outer.parent)) outer = outer.parent;
  const { parent } = outer;
  if (ts.isCallExpression(parent) && parent.expression === outer) return givesPart(ts, outer);
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression !== outer;
  if (ts.isTaggedTemplateExpression(parent)) return parent.tag !== outer;
  if (ts.isPropertyAccessExpression(parent)) return isPassedOn(ts, parent);
  // A key may be a symbol of the module.
  if (ts.isElementAccessExpression(parent)) return parent.expression !== outer || isPassedOn(ts, parent);
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    if (kind === ts.SyntaxKind.InKeyword) return parent.left === outer;
    // `const list = (groups.a ??= [])`: what was assigned, or was there, is a part of the target.
    if (isAssignment(ts, parent) && parent.left === outer) return !ts.isIdentifier(outer) && isPassedOn(ts, parent);
    return isLogicalOperator(ts, kind) || (parent.right === outer && passesRight(ts, kind));
  }
  return !ts.isTypeOfExpression(parent) && !ts.isExpressionStatement(parent) && !ts.isPrefixUnaryExpression(parent);
}

/** Methods of arrays and Maps whose result is something that these hold, or has it. */
const partMethods: ReadonlySet<string> = new Set([
  ...["at", "concat", "copyWithin", "entries", "fill", "flat", "get", "keys", "pop", "reverse", "shift", "slice"],
  ...["sort", "splice", "toReversed", "toSorted", "toSpliced", "valueOf", "values", "with"],
  // These give their own object.
  ...["add", "set"],
  // What is bound has the function.
  "bind",
]);

/** Those whose callback is given what these hold, whatever becomes of the result. */
const visitingMethods: ReadonlySet<string> = new Set([
  ...["every", "filter", "find", "findIndex", "findLast", "findLastIndex", "flatMap", "forEach", "map", "reduce"],
  ...["reduceRight", "some", "sort", "toSorted"],
]);

/** `plans.find` in `plans.find((plan) => …)`, whose result or parameter may be kept. */
function givesPart(ts: TypeScript, callee: tsTypes.Node): boolean {
  const method = methodOf(ts, callee);
  if (!ts.isCallExpression(callee.parent)) return false;
  const isUsed = !ts.isExpressionStatement(callee.parent.parent);
  // `list[Symbol.iterator]()`
  if (method === undefined) return ts.isElementAccessExpression(callee) && isUsed;
  if (visitingMethods.has(method) && callee.parent.arguments.length > 0) return true;
  return partMethods.has(method) && isUsed;
}

/** Operators whose result is their right operand. */
function passesRight(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.EqualsToken || kind === ts.SyntaxKind.CommaToken || isLogicalAssignment(ts, kind);
}
