/**
 * Helpers that stand in a function which is not compiled, or in a loop of the module, and use its variables: each call makes
 * another helper of the same code, and a run that is resumed elsewhere could not tell which one it was in.
 */
import type tsTypes from "typescript";
import { usesSuper } from "../analyse/functions.ts";
import { isReference } from "../analyse/targets.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { FunctionNode, TypeScript } from "../ir.ts";
import type { Check } from "./check-units.ts";

export function checkCaptures(check: Check): void {
  const { ts, analysis, facts, report } = check;
  const { unit, nodes, bindings } = analysis;
  // A handler is found by the id of its function.
  if (unit.kind === "handler" || !mayRunOften(ts, unit.fn.parent)) return;
  const helper = unit.code.replace(/^[^#]*#/, "");
  if (ts.isMethodDeclaration(unit.fn) && usesSuper(ts, unit.fn)) {
    report.error("helper-of-many", unit.fn.name, { name: "super", helper });
    return;
  }
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    if (bindings.byIdentifier.has(name) || !isReference(ts, name)) continue;
    const isOfMaker = (facts.bindings.get(name.text) ?? []).some((declaration) => isMany(ts, declaration, unit.fn));
    if (!isOfMaker) continue;
    report.error("helper-of-many", name, { name: name.text, helper });
    return;
  }
}

/** Whether a helper sees a variable of which there is one for each time that the code around the helper runs. */
function isMany(ts: TypeScript, declaration: tsTypes.Identifier, helper: FunctionNode): boolean {
  if (isOwnName(ts, declaration, helper)) return false;
  const scope = scopeOf(ts, declaration);
  const isSeen = scope.pos <= helper.pos && helper.end <= scope.end;
  return isSeen && scope !== helper && !isInside(declaration, helper) && mayRunOften(ts, scope);
}

/** `const walk = async (step: Step, n: number) => { … await walk(step, n - 1); }`: whichever of them it is, it is the same. */
function isOwnName(ts: TypeScript, { parent }: tsTypes.Identifier, helper: FunctionNode): boolean {
  return (
    ts.isVariableDeclaration(parent) && parent.initializer !== undefined && unwrap(ts, parent.initializer) === helper
  );
}

function isInside(node: tsTypes.Node, outer: tsTypes.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}

/** Whether a node stands in a loop, or in a function that may be called several times. */
function mayRunOften(ts: TypeScript, node: tsTypes.Node): boolean {
  for (let at = node; at && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isIterationStatement(at, false)) return true;
    if (ts.isFunctionLike(at) && !isCalledInPlace(ts, at) && !isCalledOnce(ts, at)) return true;
  }
  return false;
}

/** `(() => { … })()` */
function isCalledInPlace(ts: TypeScript, fn: tsTypes.Node): boolean {
  let at = fn;
  while (ts.isParenthesizedExpression(at.parent)) at = at.parent;
  const { parent } = at;
  return ts.isCallExpression(parent) && unwrap(ts, parent.expression) === fn;
}

/** `const notify = makeNotifier("> ");` at the top of a module, which is the only use of `makeNotifier`. */
function isCalledOnce(ts: TypeScript, fn: tsTypes.Node): boolean {
  if (!ts.isFunctionDeclaration(fn) || !fn.name || !ts.isSourceFile(fn.parent) || fn.modifiers) return false;
  const uses: tsTypes.Identifier[] = [];
  const { text } = fn.name;
  const find = (node: tsTypes.Node): void => {
    if (ts.isIdentifier(node) && node.text === text && node !== fn.name) uses.push(node);
    ts.forEachChild(node, find);
  };
  find(fn.parent);
  const [use, ...others] = uses;
  const isCall = use !== undefined && ts.isCallExpression(use.parent) && use.parent.expression === use;
  return isCall && others.length === 0 && !mayRunOften(ts, use.parent);
}

/** What a variable belongs to: a function, a block, or the head of a loop. */
function scopeOf(ts: TypeScript, declaration: tsTypes.Identifier): tsTypes.Node {
  let at: tsTypes.Node = declaration.parent;
  while (ts.isBindingElement(at) || ts.isBindingName(at)) at = at.parent;
  const isBlockScoped = !ts.isVariableDeclaration(at) || (at.parent.flags & ts.NodeFlags.BlockScoped) !== 0;
  // The name of a function or class is seen around it; a parameter in its function.
  let scope: tsTypes.Node = at.parent;
  for (; !ts.isSourceFile(scope); scope = scope.parent) {
    if (ts.isFunctionLike(scope) || ts.isModuleBlock(scope)) return scope;
    if (isBlockScoped && (ts.isBlock(scope) || ts.isIterationStatement(scope, false) || ts.isCaseBlock(scope)))
      return scope;
  }
  return scope;
}
