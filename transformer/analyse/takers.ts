/** What takes values within a run: the variables at the roots of targets, and collections. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, TypeScript } from "../ir.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Bindings } from "./scopes.ts";

export interface DeferredNames {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly facts: Pick<FileFacts, "declared" | "members">;
}

/** The value is what is around it, or in it. */
export function isPartOf(ts: TypeScript, node: tsTypes.Node): boolean {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isObjectLiteralExpression(node) ||
    ts.isArrayLiteralExpression(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node)
  );
}

/** The variable that an assignment changes, itself or what it made: undefined for what is none of the run. */
export function targetOf(names: DeferredNames, target: tsTypes.Expression): Binding | undefined {
  const value = unwrap(names.ts, target);
  return names.ts.isIdentifier(value) ? names.bindings.byIdentifier.get(value) : containerOf(names, value);
}

/** The variable at the root of `x.y[z]`, when the run itself made what it holds. */
export function containerOf({ ts, bindings }: DeferredNames, object: tsTypes.Expression): Binding | undefined {
  let root = unwrap(ts, object);
  while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root)) root = unwrap(ts, root.expression);
  const binding = ts.isIdentifier(root) ? bindings.byIdentifier.get(root) : undefined;
  return binding && isFresh({ ts, bindings }, binding) ? binding : undefined;
}

/** All that the variable is given is made there: nobody else has hold of it. */
function isFresh({ ts, bindings }: Pick<DeferredNames, "ts" | "bindings">, binding: Binding): boolean {
  const isMade = (value: tsTypes.Expression): boolean => {
    const node = unwrap(ts, value);
    if (ts.isArrayLiteralExpression(node)) return node.elements.every(isMade);
    if (ts.isObjectLiteralExpression(node))
      return node.properties.every((each) => ts.isPropertyAssignment(each) && isMade(each.initializer));
    if (ts.isNewExpression(node))
      return /^new (?:Map|Set)\b/.test(node.getText()) && (node.arguments ?? []).length === 0;
    if (ts.isIdentifier(node)) return node.text === "undefined" && !bindings.byIdentifier.has(node);
    return ts.isLiteralExpression(node) || ts.isArrowFunction(node) || isConstant(ts, node);
  };
  const { kind, declarations, references } = binding;
  if (kind !== "const" && kind !== "let" && kind !== "var") return false;
  const written = references.filter(({ write }) => write).map(({ node }) => node);
  return [...declarations, ...written].every((node) => {
    const { parent } = node;
    if (!ts.isVariableDeclaration(parent))
      return ts.isBinaryExpression(parent) && parent.left === node && isMade(parent.right);
    return (
      parent.name === node &&
      (parent.initializer ? isMade(parent.initializer) : ts.isVariableStatement(parent.parent.parent))
    );
  });
}

function isConstant({ SyntaxKind }: TypeScript, { kind }: tsTypes.Node): boolean {
  return kind === SyntaxKind.NullKeyword || kind === SyntaxKind.TrueKeyword || kind === SyntaxKind.FalseKeyword;
}

/** Methods that put what they are given into their object. */
export const adding = /^(?:push|unshift|add|set)$/;

/** The object of a method by one of these names. */
export function receiverOf(
  ts: TypeScript,
  call: tsTypes.CallExpression,
  method: RegExp,
): tsTypes.Expression | undefined {
  const callee = unwrap(ts, call.expression);
  return ts.isPropertyAccessExpression(callee) && method.test(callee.name.text) ? callee.expression : undefined;
}

export function functionAround(ts: TypeScript, node: tsTypes.Node): tsTypes.Node {
  let at = node.parent;
  while (!ts.isFunctionLike(at) && !ts.isSourceFile(at)) at = at.parent;
  return at;
}

/** The `Promise` of the language. */
export function isPromise({ ts, bindings, facts }: DeferredNames, callee: tsTypes.Expression): boolean {
  if (!ts.isIdentifier(callee) || callee.text !== "Promise") return false;
  return !bindings.byIdentifier.has(callee) && !facts.declared.has("Promise");
}
