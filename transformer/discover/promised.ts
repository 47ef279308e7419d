/** Whether a function that is not async returns a promise, as far as its text tells. */
import type tsTypes from "typescript";
import type { FunctionNode, TypeScript } from "../ir.ts";
import { unwrap } from "./unwrap.ts";

export function isPromised(ts: TypeScript, fn: FunctionNode): boolean {
  if (fn.type) return ts.isTypeReferenceNode(fn.type) && /(^|\.)(Promise|Handle)$/.test(fn.type.typeName.getText());
  const parameters = new Set(fn.parameters.flatMap(({ name }) => namesIn(ts, name)));
  const { body } = fn;
  if (!body) return false;
  if (!ts.isBlock(body)) return isPromise(ts, body, parameters);
  const returns = returnsIn(ts, body);
  return returns.length > 0 && returns.every(({ expression }) => expression && isPromise(ts, expression, parameters));
}

/** Whether a function that is not async gives a tool, or what one gave, a callback that it writes itself: `step.run("a", () => 1)`. */
export function givesCallbacks(ts: TypeScript, { body, parameters }: FunctionNode): boolean {
  const names = new Set(parameters.flatMap(({ name }) => namesIn(ts, name)));
  const gives = (node: tsTypes.Node): boolean => {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isCallExpression(node) && isOfTools(ts, node, names)) {
      const given = node.arguments.map((argument) => unwrap(ts, argument));
      if (given.some((argument) => ts.isArrowFunction(argument) || ts.isFunctionExpression(argument))) return true;
    }
    return ts.forEachChild(node, gives) ?? false;
  };
  return body !== undefined && gives(body);
}

/** `step.run(…)`, `step.run(…).catch(f)` */
function isOfTools(ts: TypeScript, call: tsTypes.CallExpression, parameters: ReadonlySet<string>): boolean {
  const callee = unwrap(ts, call.expression);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const owner = unwrap(ts, callee.expression);
  if (!isChained(callee) || !ts.isCallExpression(owner)) return isTools(ts, owner, parameters);
  return isOfTools(ts, owner, parameters);
}

const isChained = ({ name }: tsTypes.PropertyAccessExpression) => /^(then|catch|finally|rollback)$/.test(name.text);

/** `step.run(…)`, `ctx.step.run(…).catch(f)`, `Promise.all(…)` and choices between them. */
function isPromise(ts: TypeScript, expression: tsTypes.Expression, parameters: ReadonlySet<string>): boolean {
  const value = unwrap(ts, expression);
  if (ts.isConditionalExpression(value)) {
    return isPromise(ts, value.whenTrue, parameters) && isPromise(ts, value.whenFalse, parameters);
  }
  if (!ts.isCallExpression(value)) return false;
  const callee = unwrap(ts, value.expression);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const owner = unwrap(ts, callee.expression);
  if (isChained(callee) && ts.isCallExpression(owner)) return isPromise(ts, owner, parameters);
  if (ts.isIdentifier(owner) && owner.text === "Promise") return true;
  return isTools(ts, owner, parameters);
}

/** `step` or `x.step`, where the first name is a parameter. */
function isTools(ts: TypeScript, node: tsTypes.Expression, parameters: ReadonlySet<string>): boolean {
  if (ts.isIdentifier(node)) return node.text === "step" && parameters.has(node.text);
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== "step") return false;
  return ts.isIdentifier(node.expression) && parameters.has(node.expression.text);
}

function namesIn(ts: TypeScript, name: tsTypes.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(ts, element.name) : []));
}

function returnsIn(ts: TypeScript, node: tsTypes.Node): tsTypes.ReturnStatement[] {
  const found: tsTypes.ReturnStatement[] = [];
  const visit = (inner: tsTypes.Node): void => {
    if (ts.isFunctionLike(inner)) return;
    if (ts.isReturnStatement(inner)) found.push(inner);
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return found;
}
