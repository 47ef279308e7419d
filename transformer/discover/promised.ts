/** What a function that is not async does with the tools that it is given, as far as its text tells. */
import type tsTypes from "typescript";
import type { FunctionNode, TypeScript } from "../ir.ts";
import { boundFunction } from "./bound-function.ts";
import { importedTypes, type PackageImports } from "./imports.ts";
import { unwrap } from "./unwrap.ts";

/** Types whose values begin steps. Others of the package (a client, an event) make nothing durable. */
export const toolTypes = ["Step", "Context", "GetStepTools", "GetFunctionInput"];

/** Names in a function: of tool objects, of contexts that hold one, and of constants that are promises. */
interface Names {
  readonly ts: TypeScript;
  readonly steps: Set<string>;
  readonly contexts: Set<string>;
  readonly promises: Set<string>;
  readonly declared: ReadonlyMap<string, number>;
}

/** Whether it returns a promise, and nothing else. */
export function isPromised(ts: TypeScript, fn: FunctionNode, imports: PackageImports): boolean {
  if (fn.type) return hasPromiseType(ts, fn);
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
    if (!inner.body) return undefined;
    const isAsync = (ts.getCombinedModifierFlags(inner) & ts.ModifierFlags.Async) !== 0;
    return (isAsync ? stepIn(inner.body) : undefined) ?? ts.forEachChild(inner.body, find);
  };
  return fn.body && (ts.isFunctionLike(fn.body) ? find(fn.body) : ts.forEachChild(fn.body, find));
}

function namesIn(ts: TypeScript, fn: FunctionNode, imports: PackageImports): Names {
  const declared = declarationsIn(ts, fn);
  const names: Names = { ts, steps: new Set(), contexts: new Set(), promises: new Set(), declared };
  const typesOf = ({ type }: tsTypes.ParameterDeclaration) => (type ? importedTypes(ts, type, imports) : new Set());
  const isTyped = fn.parameters.some((parameter) => toolTypes.some((name) => typesOf(parameter).has(name)));
  for (const parameter of fn.parameters) {
    const { name } = parameter;
    const types = typesOf(parameter);
    if (!ts.isIdentifier(name)) addStepOf(names, name);
    else if (types.has("Step") || types.has("GetStepTools")) names.steps.add(name.text);
    else if (types.has("Context") || types.has("GetFunctionInput")) names.contexts.add(name.text);
    // In a function that `durable` is around, any parameter may hold tools.
    else if (!isTyped) (name.text === "step" ? names.steps : names.contexts).add(name.text);
  }
  if (fn.body && ts.isBlock(fn.body)) for (const statement of fn.body.statements) followConstants(names, statement);
  // A name that is declared again may mean something else where it stands.
  for (const known of [names.steps, names.contexts, names.promises]) {
    for (const name of known) if (declared.get(name) !== 1) known.delete(name);
  }
  return names;
}

/** How often each name is declared in a function, its parameters and what is within it included. */
function declarationsIn(ts: TypeScript, fn: FunctionNode): Map<string, number> {
  const declared = new Map<string, number>();
  const visit = (node: tsTypes.Node): void => {
    const name = isDeclaration(ts, node) ? node.name : undefined;
    if (name && ts.isIdentifier(name)) declared.set(name.text, (declared.get(name.text) ?? 0) + 1);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(fn, visit);
  return declared;
}

function isDeclaration(ts: TypeScript, node: tsTypes.Node): node is tsTypes.NamedDeclaration {
  return (
    ts.isParameter(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isClassLike(node)
  );
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

/** `pay(step, sum)`, of what is known to give a promise. */
function givesTools(names: Names, { expression, arguments: given }: tsTypes.CallExpression): boolean {
  const { ts } = names;
  const callee = unwrap(ts, expression);
  return (
    ts.isIdentifier(callee) && givesPromise(names, callee) && given.some((each) => isTools(names, unwrap(ts, each)))
  );
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
  if (ts.isIdentifier(callee)) return givesPromise(names, callee);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const owner = unwrap(ts, callee.expression);
  if (isChained(callee) && isPromise(names, owner)) return true;
  if (ts.isIdentifier(owner) && owner.text === "Promise") return true;
  return isTools(names, owner);
}

/** A function of the module, by its name, that is async or says that it gives a promise. */
function givesPromise({ ts, declared }: Names, callee: tsTypes.Identifier): boolean {
  const fn = declared.has(callee.text) ? undefined : boundFunction(ts, callee);
  if (!fn || fn.asteriskToken) return false;
  return (ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0 || hasPromiseType(ts, fn);
}

function hasPromiseType(ts: TypeScript, { type }: FunctionNode): boolean {
  return type !== undefined && ts.isTypeReferenceNode(type) && /(^|\.)(Promise|Handle)$/.test(type.typeName.getText());
}

/** `step`, or `x.step` of a parameter. */
function isTools({ ts, steps, contexts }: Names, node: tsTypes.Expression): boolean {
  if (ts.isIdentifier(node)) return steps.has(node.text);
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== "step") return false;
  return ts.isIdentifier(node.expression) && contexts.has(node.expression.text);
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
