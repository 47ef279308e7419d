/**
 * Functions whose body has a scope of its own behind that of the parameters. A function in a default sees the parameter; the
 * body sees its own variable of that name, which begins with the parameter's value.
 */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** Whether anything could tell the scope of the body from that of the parameters. */
export function hasBodyScope(ts: TypeScript, fn: tsTypes.SignatureDeclaration): boolean {
  const { body } = fn as tsTypes.FunctionLikeDeclaration;
  if (!body || !ts.isBlock(body) || !fn.parameters.some((parameter) => holds(parameter, isEvaluated))) return false;
  const own = bodyNames(ts, body);
  const self = ts.isFunctionExpression(fn) ? fn.name?.text : undefined;
  if (self !== undefined && own.has(self)) return true;
  if (!fn.parameters.some((parameter) => holds(parameter, ts.isFunctionLike))) return false;
  return fn.parameters.some(({ name }) => holds(name, (node) => ts.isIdentifier(node) && own.has(node.text)));

  function isEvaluated(node: tsTypes.Node): boolean {
    if (ts.isParameter(node) || ts.isBindingElement(node)) return node.initializer !== undefined;
    return ts.isComputedPropertyName(node);
  }

  function holds(node: tsTypes.Node, is: (node: tsTypes.Node) => boolean): boolean {
    return is(node) || (ts.forEachChild(node, (child) => holds(child, is)) ?? false);
  }
}

/** Names that the body declares: variables anywhere in it, and what stands at its top. */
function bodyNames(ts: TypeScript, body: tsTypes.Block): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: tsTypes.Node | undefined): void => {
    if (!name) return;
    if (ts.isIdentifier(name)) names.add(name.text);
    else ts.forEachChild(name, (element) => add(ts.isBindingElement(element) ? element.name : undefined));
  };
  const visit = (node: tsTypes.Node): void => {
    const isAtTop = node.parent === body || node.parent.parent === body;
    if (ts.isVariableDeclarationList(node) && (isAtTop || !(node.flags & ts.NodeFlags.BlockScoped))) {
      for (const { name } of node.declarations) add(name);
    }
    if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && isAtTop) add(node.name);
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return names;
}
