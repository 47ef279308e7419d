/** Uses of a `let`, `const`, class or parameter that can come before its declaration has run. */
import type tsTypes from "typescript";
import type { Binding, TypeScript } from "../ir.ts";
import type { Bindings } from "./scopes.ts";

/**
 * Whether a use stands in front of the declaration, in its own initialiser, in another clause of a `switch`, in a function
 * of the head of its loop, or in a hoisted function that can be called before the declaration.
 */
export function mayBeEarly(ts: TypeScript, bindings: Bindings, node: tsTypes.Identifier, binding: Binding): boolean {
  const [declaration] = binding.declarations;
  if (!declaration || node === declaration) return false;
  if (binding.kind === "param") return isEarlyParameter(ts, node, declaration);
  if (!isBlockScoped(binding)) return false;
  if (isInHeadOf(ts, node, declaration)) return true;
  if (node.pos < declaration.pos || isInHoistedFunction(ts, bindings, node, binding, declaration.pos)) return true;
  if (binding.scope.kind === "switch") return clauseOf(node, binding) !== clauseOf(declaration, binding);
  const { initializer } = declaration.parent as tsTypes.VariableDeclaration;
  const isOwn = initializer !== undefined && node.pos >= initializer.pos && node.end <= initializer.end;
  return isOwn && !ts.isFunctionLike(initializer);
}

/** A default sees the parameters in front of it. */
function isEarlyParameter(ts: TypeScript, node: tsTypes.Node, declaration: tsTypes.Node): boolean {
  const { initializer } = declaration.parent as tsTypes.BindingElement | tsTypes.ParameterDeclaration;
  if (initializer && node.pos >= initializer.pos && node.end <= initializer.end) return !ts.isFunctionLike(initializer);
  return node.pos < declaration.pos;
}

/** Whether an assignment throws, wherever it stands. The name of a function expression is a constant in it. */
export function isConstant({ kind }: Binding): boolean {
  return kind === "const" || kind === "self";
}

/** A function in the head of `for (let x of …)` sees an `x` that never gets a value. */
function isInHeadOf(ts: TypeScript, node: tsTypes.Node, declaration: tsTypes.Node): boolean {
  let list = declaration.parent;
  while (!ts.isVariableDeclarationList(list) && !ts.isStatement(list) && !ts.isSourceFile(list)) list = list.parent;
  const loop = list.parent;
  if (!ts.isForOfStatement(loop) && !ts.isForInStatement(loop)) return false;
  for (let at = node.parent, inFunction = false; at && at !== loop; at = at.parent) {
    inFunction ||= ts.isFunctionLike(at);
    if (at.parent === loop) return inFunction && at === loop.expression;
  }
  return false;
}

function isBlockScoped({ kind }: Binding): boolean {
  return kind === "let" || kind === "const" || kind === "class";
}

function clauseOf(node: tsTypes.Node, binding: Binding): tsTypes.Node {
  let clause = node;
  while (clause.parent !== binding.scope.node) clause = clause.parent;
  return clause;
}

/** A function declaration between the use and the scope of the binding, itself used early or from another one. */
function isInHoistedFunction(
  ts: TypeScript,
  bindings: Bindings,
  node: tsTypes.Node,
  binding: Binding,
  position: number,
): boolean {
  for (let outer = node.parent; outer && outer !== binding.scope.node; outer = outer.parent) {
    if (!ts.isFunctionDeclaration(outer) || !outer.name) continue;
    const fn = bindings.byIdentifier.get(outer.name);
    if (fn?.references.some((use) => use.node.pos < position || isInFunctionDeclaration(ts, use.node, outer)))
      return true;
  }
  return false;
}

function isInFunctionDeclaration(ts: TypeScript, node: tsTypes.Node, except: tsTypes.Node): boolean {
  for (let outer = node.parent; outer; outer = outer.parent) {
    if (outer === except) return false;
    if (ts.isFunctionDeclaration(outer)) return true;
  }
  return false;
}
