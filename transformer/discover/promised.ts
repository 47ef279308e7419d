/** What a function that is not async does with the tools that it is given, as far as its text tells. */
import type tsTypes from "typescript";
import type { FunctionNode, TypeScript } from "../ir.ts";
import { boundFunction } from "./bound-function.ts";
import { importedTypes, type PackageImports } from "./imports.ts";
import { unwrap } from "./unwrap.ts";

/** Names in a function: of tool objects, of contexts that hold one, and of constants that are promises. */
interface Names {
  readonly ts: TypeScript;
  readonly steps: Set<string>;
  readonly contexts: Set<string>;
  readonly promises: Set<string>;
}

/** Whether it returns a promise, and nothing else. */
export function isPromised(ts: TypeScript, fn: FunctionNode, imports: PackageImports): boolean {
  if (fn.type) return ts.isTypeReferenceNode(fn.type) && /(^|\.)(Promise|Handle)$/.test(fn.type.typeName.getText());
  const { body } = fn;
  if (!body) return false;
  const names = namesIn(ts, fn, imports);
  if (!ts.isBlock(body)) return isPromise(names, body);
  const returns = returnsIn(ts, body);
  return returns.length > 0 && returns.every(({ expression }) => expression && isPromise(names, expression));
}

/**
 * Whether it gives a callback that it writes itself to a tool, to what one gave, or to a helper: `step.run("a", () => 1)`,
 * `retry(step, () => 1)`.
 */
export function givesCallbacks(ts: TypeScript, fn: FunctionNode, imports: PackageImports): boolean {
  const names = namesIn(ts, fn, imports);
  const gives = (node: tsTypes.Node): boolean => {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isCallExpression(node) && (isOfTools(names, node) || givesTools(names, node))) {
      const given = node.arguments.map((argument) => unwrap(ts, argument));
      if (given.some((argument) => ts.isArrowFunction(argument) || ts.isFunctionExpression(argument))) return true;
    }
    return ts.forEachChild(node, gives) ?? false;
  };
  return fn.body !== undefined && gives(fn.body);
}

/** The first step of an async function in it, which would have to be compiled: `(step) => async () => await step.run(…)`. */
export function innerStep(
  ts: TypeScript,
  fn: FunctionNode,
  imports: PackageImports,
): tsTypes.CallExpression | undefined {
  const names = namesIn(ts, fn, imports);
  const stepIn = (node: tsTypes.Node): tsTypes.CallExpression | undefined =>
    ts.isCallExpression(node) && isOfTools(names, node) ? node : ts.forEachChild(node, stepIn);
  const find = (node: tsTypes.Node): tsTypes.CallExpression | undefined => {
    if (!ts.isFunctionLike(node)) return ts.forEachChild(node, find);
    const inner = node as FunctionNode;
    const hasOwn = inner.parameters.some(({ name }) => boundNames(ts, name).some((own) => names.steps.has(own)));
    if (hasOwn || !inner.body) return undefined;
    const isAsync = (ts.getCombinedModifierFlags(inner) & ts.ModifierFlags.Async) !== 0;
    return (isAsync ? stepIn(inner.body) : undefined) ?? ts.forEachChild(inner.body, find);
  };
  return fn.body && (ts.isFunctionLike(fn.body) ? find(fn.body) : ts.forEachChild(fn.body, find));
}

function namesIn(ts: TypeScript, fn: FunctionNode, imports: PackageImports): Names {
  const names: Names = { ts, steps: new Set(), contexts: new Set(), promises: new Set() };
  for (const { name, type } of fn.parameters) {
    const types = type ? importedTypes(ts, type, imports) : new Set<string>();
    if (!ts.isIdentifier(name)) addStepOf(names, name);
    else if (name.text === "step" || types.has("Step") || types.has("GetStepTools")) names.steps.add(name.text);
    else names.contexts.add(name.text);
  }
  if (fn.body && ts.isBlock(fn.body)) for (const statement of fn.body.statements) followConstants(names, statement);
  return names;
}

/** `const { step } = ctx`, `const s = step`, `const paid = step.run(…)` */
function followConstants(names: Names, statement: tsTypes.Statement): void {
  const { ts } = names;
  if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) return;
  for (const { name, initializer } of statement.declarationList.declarations) {
    const value = initializer && unwrap(ts, initializer);
    if (!value) continue;
    if (!ts.isIdentifier(name)) {
      if (ts.isIdentifier(value) && names.contexts.has(value.text)) addStepOf(names, name);
    } else if (isTools(names, value)) names.steps.add(name.text);
    else if (isPromise(names, value)) names.promises.add(name.text);
  }
}

/** `{ step: s }` */
function addStepOf({ ts, steps }: Names, pattern: tsTypes.BindingName): void {
  if (!ts.isObjectBindingPattern(pattern)) return;
  for (const { name, propertyName } of pattern.elements) {
    if ((propertyName ?? name).getText() === "step" && ts.isIdentifier(name)) steps.add(name.text);
  }
}

/** `step.run(…)`, `step.run(…).catch(f)` */
function isOfTools(names: Names, call: tsTypes.CallExpression): boolean {
  const { ts } = names;
  const callee = unwrap(ts, call.expression);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const owner = unwrap(ts, callee.expression);
  if (!isChained(callee) || !ts.isCallExpression(owner)) return isTools(names, owner);
  return isOfTools(names, owner);
}

const isChained = ({ name }: tsTypes.PropertyAccessExpression) => /^(then|catch|finally|rollback)$/.test(name.text);

/** `pay(step, sum)` */
function givesTools(names: Names, { arguments: given }: tsTypes.CallExpression): boolean {
  return given.some((argument) => isTools(names, unwrap(names.ts, argument)));
}

/** `step.run(…)`, `ctx.step.run(…).catch(f)`, `Promise.all(…)`, a constant that is one, and choices between them. */
function isPromise(names: Names, expression: tsTypes.Expression): boolean {
  const { ts } = names;
  const value = unwrap(ts, expression);
  if (ts.isIdentifier(value)) return names.promises.has(value.text);
  if (ts.isConditionalExpression(value)) return isPromise(names, value.whenTrue) && isPromise(names, value.whenFalse);
  if (ts.isNewExpression(value)) return ts.isIdentifier(value.expression) && value.expression.text === "Promise";
  if (!ts.isCallExpression(value)) return false;
  const callee = unwrap(ts, value.expression);
  if (ts.isIdentifier(callee)) return isAsyncByName(ts, callee);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const owner = unwrap(ts, callee.expression);
  if (isChained(callee) && isPromise(names, owner)) return true;
  if (ts.isIdentifier(owner) && owner.text === "Promise") return true;
  return isTools(names, owner);
}

function isAsyncByName(ts: TypeScript, callee: tsTypes.Identifier): boolean {
  const fn = boundFunction(ts, callee);
  return fn !== undefined && (ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0;
}

/** `step`, or `x.step` of a parameter. */
function isTools({ ts, steps, contexts }: Names, node: tsTypes.Expression): boolean {
  if (ts.isIdentifier(node)) return steps.has(node.text);
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== "step") return false;
  return ts.isIdentifier(node.expression) && contexts.has(node.expression.text);
}

function boundNames(ts: TypeScript, name: tsTypes.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(ts, element.name) : []));
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
