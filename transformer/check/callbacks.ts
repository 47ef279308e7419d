/** Callbacks that run steps, given to code that was not compiled: it cannot be resumed where it calls them, and timers are lost. */
import type tsTypes from "typescript";
import { chainOf, toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding } from "../ir.ts";
import type { Check } from "./check-units.ts";
import { isDurableCall } from "./durable-calls.ts";
import { awaitedParameters, calledFunction, isAsync, isMadeOutside } from "./own-callbacks.ts";

export function checkCallbacks(check: Check): void {
  const { ts, analysis } = check;
  const imported = importsOfPackages(check);
  for (const call of analysis.nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)) {
    checkTimer(check, call);
    checkLink(check, call);
    checkHelper(check, call);
    checkCall(check, call, imported);
  }
}

/** `step.run("order", () => charge(step))`, of an async helper. A context may be given for the sake of its event. */
function checkHelper(check: Check, call: tsTypes.CallExpression): void {
  const { ts, analysis } = check;
  const { bindings, tools, closures, unit } = analysis;
  let around: tsTypes.Node = call.parent;
  while (!ts.isFunctionLike(around)) around = around.parent;
  if (around === unit.fn || closures.records.get(around)?.role !== "callback") return;
  const isStep = (argument: tsTypes.Expression): boolean => {
    const binding = ts.isIdentifier(argument) ? bindings.byIdentifier.get(argument) : undefined;
    // A parameter within that is called `step` may be anything.
    return binding !== undefined && tools.steps.has(binding) && isOwnTool(check, binding);
  };
  if (!call.arguments.some(isStep)) return;
  const helper = calledFunction(check, call.expression);
  if (helper && isAsync(check, helper)) check.report.error("nested-step", call, { tool: call.expression.getText() });
}

function isOwnTool({ ts, analysis }: Check, { declarations }: Binding): boolean {
  return declarations.every((declared) => {
    let node: tsTypes.Node = declared;
    while (!ts.isParameter(node) && !ts.isFunctionLike(node)) node = node.parent;
    return !ts.isParameter(node) || node.parent === analysis.unit.fn || node.type !== undefined;
  });
}

/** `step.run(…).catch(wrapped("io"))`: the callback lives as long as the step. */
function checkLink(check: Check, call: tsTypes.CallExpression): void {
  const { ts, analysis } = check;
  const link = chainOf(ts, call, analysis.bindings, analysis.tools)?.links.at(-1);
  if (!link || link.method === "rollback") return;
  for (const callback of link.callbacks) {
    if (!callback || !isMadeOutside(check, callback)) continue;
    const construct = "A callback of a step that a function of the module makes";
    const given = link.method === "finally" ? "" : "value";
    const fix = `Write \`(${given}) => ${callback.getText()}(${given})\`.`;
    check.report.error("unsupported-construct", callback, { construct, fix });
  }
}

const timers: ReadonlySet<string> = new Set(["setTimeout", "setInterval", "setImmediate"]);

function checkTimer(check: Check, { expression: callee, arguments: [callback] }: tsTypes.CallExpression): void {
  const { ts, analysis, facts } = check;
  if (!callback || !ts.isIdentifier(callee) || !timers.has(callee.text)) return;
  if (analysis.bindings.byIdentifier.has(callee) || facts.declared.has(callee.text)) return;
  const tool = stepIn(check, callback);
  if (tool) check.report.error("step-in-timer", callback, { callee: callee.text, tool });
}

const fixes = {
  foreign: "Use `step.map(items, { concurrency }, async (item) => …)`, `Promise.all`, or a loop.",
  own: "Give that function a parameter `step: Step`, with which it is compiled, too.",
};

function checkCall(check: Check, call: tsTypes.CallExpression, imported: ReadonlySet<string>): void {
  const given = call.arguments.map((argument) => stepIn(check, argument));
  if (!given.some((tool) => tool !== undefined) || isDurableCall(check, call)) return;
  const isOfPackage = isForeign(check, call, imported);
  const isAwaitedIn = isOfPackage ? () => true : awaitedParameters(check, call.expression);
  const fix = isOfPackage ? fixes.foreign : fixes.own;
  for (const [index, tool] of given.entries()) {
    if (tool === undefined || !isAwaitedIn(index)) continue;
    const argument = call.arguments[index] as tsTypes.Expression;
    check.report.error("callback-not-compiled", argument, { callee: call.expression.getText(), tool, fix });
  }
}

/** The first tool call of a callback that stands in the call, or that a variable of the durable function holds. */
export function stepIn({ ts, analysis }: Check, argument: tsTypes.Expression): string | undefined {
  const value = unwrap(ts, argument);
  const binding = ts.isIdentifier(value) ? analysis.bindings.byIdentifier.get(value) : undefined;
  const fn = binding?.closure ?? value;
  if (!ts.isFunctionLike(fn)) return undefined;
  const find = (node: tsTypes.Node): string | undefined =>
    ts.isCallExpression(node) && toolCall(ts, node, analysis.bindings, analysis.tools)
      ? node.expression.getText()
      : ts.forEachChild(node, find);
  return find(fn);
}

/** A function of another package. Types tell more; without them, what the file imports from one. */
function isForeign(check: Check, { expression }: tsTypes.CallExpression, imported: ReadonlySet<string>): boolean {
  const { ts, analysis, queries } = check;
  const callee = unwrap(ts, expression);
  let root = callee;
  while (ts.isPropertyAccessExpression(root)) root = unwrap(ts, root.expression);
  if (ts.isIdentifier(root) && !analysis.bindings.byIdentifier.has(root) && imported.has(root.text)) return true;
  return queries?.homeOfCallee(callee) === "package";
}

function importsOfPackages({ ts, analysis }: Check): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of analysis.unit.fn.getSourceFile().statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (/^[./#]|^backstitch(?:$|\/)/.test(statement.moduleSpecifier.text)) continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) names.add(name.text);
    if (namedBindings && ts.isNamespaceImport(namedBindings)) names.add(namedBindings.name.text);
    if (namedBindings && ts.isNamedImports(namedBindings)) {
      for (const element of namedBindings.elements) names.add(element.name.text);
    }
  }
  return names;
}
