/** Reports what the compiler does not translate, before anything is lowered. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import { importedName, type PackageImports } from "../discover/imports.ts";
import { isLeaf } from "../discover/nodes.ts";
import type { Binding, FunctionNode, NestedFunction, TypeScript } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import type { Analysis } from "./analyse-unit.ts";
import { checkUnit } from "./check-unit.ts";
import { ownNamesOutside } from "./classes.ts";
import { shortText } from "./enclosing.ts";
import { isAsync, isEntered, isMovableMethod } from "./functions.ts";
import { isGenerator } from "./generators.ts";
import { operandsOf } from "./operands.ts";
import { resourceScopeOf, resourcesOf, usingKeyword } from "./resources.ts";
import { toolCall } from "./tools.ts";
import { isUntouched } from "./untouched.ts";

interface Check {
  readonly ts: TypeScript;
  readonly analysis: Analysis;
  readonly imports: PackageImports;
  readonly report: Reporter;
}

export function checkConstructs(ts: TypeScript, analysis: Analysis, imports: PackageImports, report: Reporter): void {
  const check: Check = { ts, analysis, imports, report };
  const { fn } = analysis.unit;
  checkUnit(ts, analysis.unit, imports, report);
  if (fn.asteriskToken) {
    report.error("generator", fn, {});
    return;
  }
  checkEvals(check);
  checkSlots(check);
  checkClasses(check);
  for (const owner of analysis.suspensions.owners) checkFunction(check, owner);
  const all = new Set<tsTypes.Node>(analysis.suspensions.nested);
  for (const nested of analysis.suspensions.nested) {
    if (!analysis.functions.has(nested as FunctionNode)) checkNested(check, nested, all);
  }
}

/** The own code of a durable function, callbacks lowered in place included. */
function checkFunction(check: Check, owner: FunctionNode): void {
  const { ts, analysis } = check;
  const visit = (node: tsTypes.Node): void => {
    if (isLeaf(ts, node) && node.kind !== ts.SyntaxKind.SuperKeyword) return;
    if (ts.isFunctionLike(node) && !analysis.suspensions.inlined.has(node)) return;
    checkNode(check, node, owner);
    if (!ts.isClassLike(node)) return ts.forEachChild(node, visit);
    checkFields(check, node);
    for (const operand of operandsOf(ts, node)) visit(operand.node);
  };
  for (const parameter of owner.parameters) ts.forEachChild(parameter, visit);
  if (owner.body) visit(owner.body);
}

/** The initialiser of a field runs where the class is made, or an object of it: it cannot be resumed. */
function checkFields({ ts, analysis, report }: Check, made: tsTypes.ClassLikeDeclaration): void {
  const visit = (node: tsTypes.Node): void => {
    if (isLeaf(ts, node) || ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    const isTool = ts.isCallExpression(node) && toolCall(ts, node, analysis.bindings, analysis.tools) !== undefined;
    if (!isTool) return ts.forEachChild(node, visit);
    report.error("step-in-nested-function", node, { tool: toolText(node) });
  };
  for (const member of made.members)
    if (ts.isPropertyDeclaration(member) && member.initializer) visit(member.initializer);
}

/** Only the code of a class or method itself can name its private members, and use its `super`. */
function checkEvals({ ts, analysis, report }: Check): void {
  for (const call of analysis.bindings.evaluated.keys()) {
    if (!isInMember(ts, call)) continue;
    report.error("unsupported-construct", call, {
      construct: "Direct `eval` of more than a known text in a class or method",
      fix: "Call a function instead.",
    });
  }
}

function isInMember(ts: TypeScript, node: tsTypes.Node): boolean {
  for (let outer = node.parent; outer; outer = outer.parent) {
    if (ts.isClassLike(outer) || ts.isMethodDeclaration(outer) || ts.isAccessor(outer)) return true;
  }
  return false;
}

/** In the heritage and the keys of a class that moves to the table, its name means nothing yet. Later it would. */
function checkClasses({ ts, analysis, report }: Check): void {
  const { bindings, closures } = analysis;
  for (const node of closures.records.keys()) {
    if (!ts.isClassLike(node)) continue;
    const hidden = operandsOf(ts, node).flatMap((operand) => privateNameIn(ts, operand.node, node) ?? [])[0];
    if (hidden) {
      report.error("unsupported-construct", hidden, {
        construct: "A private name of a class in its own heritage or keys",
        fix: "Give the heritage or the key a name in front of the class.",
      });
    }
    const found = ownNamesOutside(ts, bindings, node).find(
      (name) => bindings.writes.has(name as tsTypes.Identifier) || isInFunctionOf(ts, name, node),
    );
    if (!found) continue;
    report.error("unsupported-construct", found, {
      construct: "The name of a class in a function of its own heritage or keys",
      fix: "Write a static method instead.",
    });
  }
}

/** A private name below `node` that means a member of `owner`. */
function privateNameIn(
  ts: TypeScript,
  node: tsTypes.Node,
  owner: tsTypes.ClassLikeDeclaration,
): tsTypes.Node | undefined {
  if (ts.isPrivateIdentifier(node)) return classOfPrivateName(ts, node) === owner ? node : undefined;
  return ts.forEachChild(node, (child) => privateNameIn(ts, child, owner));
}

function classOfPrivateName(ts: TypeScript, name: tsTypes.PrivateIdentifier): tsTypes.Node | undefined {
  let node: tsTypes.Node = name.parent;
  const declares = (outer: tsTypes.Node): boolean =>
    ts.isClassLike(outer) &&
    outer.members.some(
      (member) => member.name && ts.isPrivateIdentifier(member.name) && member.name.text === name.text,
    );
  while (node && !declares(node)) node = node.parent;
  return node;
}

/** Whether a function stands between a node and what is around it. */
function isInFunctionOf(ts: TypeScript, node: tsTypes.Node, around: tsTypes.Node): boolean {
  for (let outer = node; outer !== around; outer = outer.parent) {
    if (ts.isFunctionLike(outer) && outer.parent !== around) return true;
  }
  return false;
}

function checkSlots({ analysis, report }: Check): void {
  for (const binding of analysis.slots.all) {
    const [declaration] = binding.declarations;
    if (!declaration) continue;
    if (binding.kind === "class" && !analysis.closures.records.has(declaration.parent)) {
      report.error("class-across-suspension", declaration, {
        name: binding.name,
        label: labelAcross(analysis, binding),
      });
    }
  }
}

function labelAcross(analysis: Analysis, binding: Binding): string {
  for (const [suspension, live] of analysis.slots.live) if (live.has(binding)) return suspension.label;
  return "";
}

/** Constructs of a durable function's own code that are refused, with the way round. */
function checkNode(check: Check, node: tsTypes.Node, owner: FunctionNode): void {
  const { SyntaxKind } = check.ts;
  switch (node.kind) {
    case SyntaxKind.CallExpression:
      return checkCall(check, node as tsTypes.CallExpression, owner);
    case SyntaxKind.TaggedTemplateExpression: {
      const { tag, template } = node as tsTypes.TaggedTemplateExpression;
      return checkCallee(check, tag, [template], true);
    }
    case SyntaxKind.JsxOpeningElement:
      return checkTag(check, (node as tsTypes.JsxOpeningElement).tagName, node.parent);
    case SyntaxKind.JsxSelfClosingElement:
      return checkTag(check, (node as tsTypes.JsxSelfClosingElement).tagName, node);
    case SyntaxKind.VariableDeclarationList:
      return checkResources(check, node as tsTypes.VariableDeclarationList);
    case SyntaxKind.EnumDeclaration:
    case SyntaxKind.ModuleDeclaration:
      return refuse(check, node, "A nested enum or namespace", "Move it to module level.");
    case SyntaxKind.LabeledStatement:
      return checkLabel(check, node as tsTypes.LabeledStatement, owner);
    case SyntaxKind.SuperKeyword:
      return checkSuper(check, node, owner);
  }
}

function checkResources(check: Check, list: tsTypes.VariableDeclarationList): void {
  const { ts } = check;
  if (!usingKeyword(ts, list) || resourcesOf(ts, resourceScopeOf(ts, list))) return;
  refuse(check, list, "`using` directly in a `case`", "Put braces around the statements of the clause.");
}

function checkLabel(check: Check, node: tsTypes.LabeledStatement, owner: FunctionNode): void {
  if (!isLabelAround(check, node, owner)) return;
  const construct = `The label \`${node.label.text}\` of a callback inside a statement of the same label`;
  refuse(check, node, construct, "Rename one of them.");
}

function refuse({ report }: Check, node: tsTypes.Node, construct: string, fix: string): void {
  report.error("unsupported-construct", node, { construct, fix });
}

/** A generator keeps its object. The body of a method stays in its class; but a function that is fetched before its arguments suspend needs an object. */
function checkSuper(check: Check, node: tsTypes.Node, owner: FunctionNode): void {
  const { ts, analysis } = check;
  if (isGenerator(owner)) return;
  if (!isEntered(ts, analysis.unit.fn)) {
    return refuse(check, node, "`super`", "Call the method outside the durable function.");
  }
  const call = node.parent.parent;
  if (!ts.isCallExpression(call) || !call.arguments.some((argument) => analysis.suspensions.holders.has(argument)))
    return;
  refuse(check, node, "A method of `super` with arguments that suspend", "Put the arguments into variables in front.");
}

/** A callback that is lowered in place shares the labels around it. */
function isLabelAround({ ts }: Check, { label, parent }: tsTypes.LabeledStatement, owner: FunctionNode): boolean {
  for (let outer: tsTypes.Node = parent; outer !== owner; outer = outer.parent) {
    if (ts.isLabeledStatement(outer) && outer.label.text === label.text) return true;
  }
  return false;
}

function checkCall(check: Check, node: tsTypes.CallExpression, owner: FunctionNode): void {
  const { ts, analysis, imports, report } = check;
  const callee = unwrap(ts, node.expression);
  checkCallee(check, node.expression, node.arguments);
  if (importedName(ts, callee, imports) === "local") checkLocal(check, node);
  const tool = toolCall(ts, node, analysis.bindings, analysis.tools);
  if (tool && (isInClass(check, node) || isGenerator(owner)))
    report.error("step-in-nested-function", node, { tool: toolText(node) });
  else if (tool === "step") checkCallback(check, node);
}

/** `(order?.pay.now)(await s)`: the parentheses end the chain, so that the call is made in any case. */
function checkCallee(check: Check, callee: tsTypes.Expression, given: readonly tsTypes.Node[], isTag = false): void {
  const { ts, analysis } = check;
  let inner = callee;
  while (ts.isNonNullExpression(inner)) inner = inner.expression;
  const target = unwrap(ts, inner);
  if (ts.isOptionalChain(inner) || !ts.isOptionalChain(target)) return;
  const isShort = !isTag && ts.isPropertyAccessExpression(target) && !ts.isOptionalChain(target.expression);
  if (isShort || !given.some((node) => analysis.suspensions.holders.has(node))) return;
  const fix = "Call it without the parentheses, or put the function into a variable in front.";
  refuse(check, callee, "A tag, or a longer optional chain, in parentheses that is called with what suspends", fix);
}

/** `<Row a={await s}/>`: a tag is read in front of what suspends in it, and stands in its place for good. */
function checkTag(check: Check, tag: tsTypes.JsxTagNameExpression, element: tsTypes.Node): void {
  const { ts, analysis } = check;
  let root: tsTypes.Node = tag;
  while (ts.isPropertyAccessExpression(root)) root = root.expression;
  const binding = ts.isIdentifier(root) ? analysis.bindings.byIdentifier.get(root) : undefined;
  if (!binding || (root === tag && !binding.reassigned) || !analysis.suspensions.holders.has(element)) return;
  const construct = "A component that may change while an attribute or child of it suspends";
  refuse(check, tag, construct, "Put it into a constant in front.");
}

/** In the initialiser of a field: heritage and computed keys belong to the code around the class. */
function isInClass({ ts, analysis }: Check, node: tsTypes.Node): boolean {
  for (let outer = node; outer !== analysis.unit.fn; outer = outer.parent) {
    if (ts.isPropertyDeclaration(outer.parent) && outer.parent.initializer === outer) return true;
  }
  return false;
}

/** A bound function belongs to the process: nothing tells how to make it again. */
function checkCallback({ ts, report }: Check, call: tsTypes.CallExpression): void {
  const callback = call.arguments[1] && unwrap(ts, call.arguments[1]);
  if (!callback || !ts.isCallExpression(callback)) return;
  const callee = unwrap(ts, callback.expression);
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "bind") return;
  report.error("callback-of-step-not-inline", callback, { tool: toolText(call) });
}

function checkLocal({ ts, report }: Check, call: tsTypes.CallExpression): void {
  const maker = call.arguments[0] && unwrap(ts, call.arguments[0]);
  const { parent } = call;
  const isConst =
    ts.isVariableDeclaration(parent) &&
    ts.isIdentifier(parent.name) &&
    (parent.parent.flags & ts.NodeFlags.Const) !== 0;
  if (!isConst || !maker || !ts.isArrowFunction(maker)) report.error("local-not-inline", call, {});
}

/** A function that stays as its author wrote it can hold tools only if it is called, and ends, within a segment. */
function checkNested(check: Check, fn: NestedFunction, all: ReadonlySet<tsTypes.Node>): void {
  const { ts, analysis, report } = check;
  const { bindings, tools, closures } = analysis;
  const isGenerator = ts.isFunctionLike(fn) && fn.asteriskToken !== undefined;
  const isCallback = closures.records.get(fn)?.role === "callback";
  const isLeft = isUntouched({ ts, bindings, tools, imports: check.imports }, fn) || isAsyncWithSuper(ts, fn);
  if (!isCallback && !isLeft && !isGenerator) return;
  const visit = (node: tsTypes.Node): boolean => {
    // The key of a method belongs to the code around its class.
    if (isLeaf(ts, node) || (node !== fn && all.has(node)) || node === (fn as tsTypes.FunctionLikeDeclaration).name)
      return false;
    const isTool =
      ts.isCallExpression(node) &&
      (toolCall(ts, node, bindings, tools) !== undefined || (isCallback && runsSteps(check, node)));
    if (!isTool) return ts.forEachChild(node, visit) ?? false;
    report.error(isCallback ? "nested-step" : "step-in-nested-function", node, { tool: toolText(node) });
    return true;
  };
  visit(fn);
}

/** A call of a function of the unit with steps in its own code. */
function runsSteps({ ts, analysis }: Check, call: tsTypes.CallExpression): boolean {
  const { bindings, tools } = analysis;
  const callee = unwrap(ts, call.expression);
  const fn = ts.isIdentifier(callee) ? (bindings.byIdentifier.get(callee)?.closure as FunctionNode) : undefined;
  const isStep = (node: tsTypes.Node): boolean =>
    !ts.isFunctionLike(node) &&
    ((ts.isCallExpression(node) && toolCall(ts, node, bindings, tools) !== undefined) ||
      (ts.forEachChild(node, isStep) ?? false));
  return fn?.body !== undefined && isStep(fn.body);
}

function isAsyncWithSuper(ts: TypeScript, fn: NestedFunction): boolean {
  return ts.isMethodDeclaration(fn) && isAsync(ts, fn) && !isMovableMethod(ts, fn);
}

function toolText(call: tsTypes.CallExpression): string {
  return shortText(call.expression.getText());
}
