/** Reports what the compiler does not translate, before anything is lowered. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import { importedName, type PackageImports } from "../discover/imports.ts";
import type { Binding, TypeScript } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import type { Analysis } from "./analyse-unit.ts";
import { isOuterPath } from "./closures.ts";
import { mayBeEarly } from "./early.ts";
import { shortText } from "./enclosing.ts";
import { isReference } from "./scopes.ts";
import { siteOf } from "./sites.ts";
import { isNothing } from "./suspensions.ts";
import { toolCall } from "./tools.ts";

interface Check {
  readonly ts: TypeScript;
  readonly analysis: Analysis;
  readonly imports: PackageImports;
  readonly report: Reporter;
  /** What is awaited, wrappers such as `as` stripped. */
  readonly awaited: ReadonlySet<tsTypes.Node>;
}

export function checkConstructs(ts: TypeScript, analysis: Analysis, imports: PackageImports, report: Reporter): void {
  const awaited = new Set(analysis.suspensions.all.map(({ operand }) => unwrap(ts, operand)));
  const check: Check = { ts, analysis, imports, report, awaited };
  const { fn } = analysis.unit;
  if (fn.asteriskToken) {
    report.error("generator", fn, {});
    return;
  }
  checkSites(check);
  checkSlots(check);
  const visit = (node: tsTypes.Node): void => {
    if (ts.isFunctionLike(node) && !analysis.suspensions.inlined.has(node)) checkNested(check, node);
    else {
      checkNode(check, node);
      ts.forEachChild(node, visit);
    }
  };
  for (const parameter of fn.parameters) ts.forEachChild(parameter, visit);
  if (fn.body) visit(fn.body);
}

function checkSites({ ts, analysis, report }: Check): void {
  const { suspensions, unit } = analysis;
  for (const suspension of suspensions.byNode.values()) {
    const site = siteOf(ts, suspension.node, unit.fn, suspensions.inlined);
    if (site.form !== "operand") continue;
    report.error("suspension-in-expression", suspension.node, { construct: `\`${shortText(site.inside.getText())}\`` });
  }
  for (const { links } of suspensions.chains.values()) {
    for (const { method, callbacks, call } of links) {
      const [first, second] = callbacks.map((callback) => callback && unwrap(ts, callback));
      const mixed =
        method === "then" && second && !isNothing(ts, second) && !(first && suspensions.inlined.has(second));
      if (mixed) report.error("step-in-conditional-callback", call, { method });
    }
  }
}

function checkSlots({ ts, analysis, report }: Check): void {
  for (const binding of analysis.slots.all) {
    const [declaration] = binding.declarations;
    if (!declaration) continue;
    if (binding.kind === "class") {
      report.error("class-across-suspension", declaration, {
        name: binding.name,
        label: labelAcross(analysis, binding),
      });
    }
    const write = binding.kind === "const" && binding.references.find((reference) => reference.write);
    const early = binding.references.find(
      (reference) => reference.write && mayBeEarly(ts, analysis.bindings, reference.node, binding),
    );
    if (early) report.error("early-write", early.node, { name: binding.name });
    else if (write && !ts.isForInStatement(write.node.parent)) {
      report.error("write-to-constant", write.node, { name: binding.name });
    }
  }
}

function labelAcross(analysis: Analysis, binding: Binding): string {
  for (const [suspension, live] of analysis.slots.live) if (live.has(binding)) return suspension.label;
  return "";
}

/** Constructs of the unit's own code that are refused, with the way round. */
function checkNode(check: Check, node: tsTypes.Node): void {
  const { ts } = check;
  const refuse = refuseAt(check, node);
  if (ts.isForOfStatement(node) && node.awaitModifier) {
    refuse("`for await`", "Read the items in a step, then loop over the array.");
  } else if (ts.isVariableDeclarationList(node) && isUsing(ts, node)) {
    refuse("`using`", "Open and close the resource inside a step.");
  } else if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) {
    refuse("A nested enum or namespace", "Move it to module level.");
  } else if (ts.isLabeledStatement(node) && isLabelAround(check, node)) {
    refuse(
      `The label \`${node.label.text}\` of a callback inside a statement of the same label`,
      "Rename one of them.",
    );
  } else if (ts.isCallExpression(node)) checkCall(check, node);
  else checkCallOfUnit(check, node);
}

/** A callback that is lowered in place shares the labels around it. */
function isLabelAround({ ts, analysis }: Check, { label, parent }: tsTypes.LabeledStatement): boolean {
  for (let outer: tsTypes.Node = parent; outer !== analysis.unit.fn; outer = outer.parent) {
    if (ts.isLabeledStatement(outer) && outer.label.text === label.text) return true;
  }
  return false;
}

function refuseAt({ report }: Check, node: tsTypes.Node): (construct: string, fix: string) => void {
  return (construct, fix) => report.error("unsupported-construct", node, { construct, fix });
}

/** What belongs to the call of the unit: the compiled function is called in another way. */
function checkCallOfUnit(check: Check, node: tsTypes.Node): void {
  const { ts } = check;
  const refuse = refuseAt(check, node);
  if (ts.isIdentifier(node) && node.text === "arguments" && isReference(ts, node)) {
    refuse("`arguments`", "Name the parameters.");
  } else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.NewKeyword) {
    refuse("`new.target`", "Read it outside the durable function.");
  } else if (node.kind === ts.SyntaxKind.SuperKeyword) {
    refuse("`super`", "Call the method outside the durable function.");
  }
}

/** `using` and `await using` are flag combinations that older TypeScript lacks. */
function isUsing(ts: TypeScript, list: tsTypes.VariableDeclarationList): boolean {
  const { Using, AwaitUsing } = ts.NodeFlags as unknown as Record<string, number | undefined>;
  const kind = list.flags & ts.NodeFlags.BlockScoped;
  return kind !== 0 && (kind === Using || kind === AwaitUsing);
}

function checkCall(check: Check, node: tsTypes.CallExpression): void {
  const { ts, analysis, imports, report } = check;
  const callee = unwrap(ts, node.expression);
  if (ts.isIdentifier(callee) && callee.text === "eval") {
    report.error("unsupported-construct", node, { construct: "Direct `eval`", fix: "Call a function instead." });
  }
  if (importedName(ts, callee, imports) === "local") checkLocal(check, node);
  const kind = toolCall(ts, node, analysis.bindings, analysis.tools);
  if (!kind) return;
  if (!check.awaited.has(node) && !analysis.suspensions.adopted.has(node))
    report.error("step-not-awaited", node, { tool: toolText(node) });
  if (kind === "step") checkCallback(check, node);
}

function checkCallback(check: Check, call: tsTypes.CallExpression): void {
  const { ts, analysis, report } = check;
  const callback = call.arguments[1] && unwrap(ts, call.arguments[1]);
  if (!callback || ts.isArrowFunction(callback) || ts.isFunctionExpression(callback)) return;
  if (isOuterPath({ ts, bindings: analysis.bindings }, callback) || isLocalPath(ts, callback)) return;
  report.error("callback-of-step-not-inline", callback, { tool: toolText(call) });
}

/** A variable, or a property of one: its value is a closure that is stored, or blocks the run by name. */
function isLocalPath(ts: TypeScript, node: tsTypes.Expression): boolean {
  return ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node) && isLocalPath(ts, node.expression));
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

/** `arguments`, `super` and `new.target` of an arrow function are those of the unit around it. */
function checkOwnCall(check: Check, node: tsTypes.Node): void {
  const { ts } = check;
  if (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) return;
  checkCallOfUnit(check, node);
  ts.forEachChild(node, (child) => checkOwnCall(check, child));
}

/** A nested function may use neither tools nor the context that holds them. */
function checkNested(check: Check, fn: tsTypes.Node): void {
  const { ts, analysis, report } = check;
  const { bindings, tools, closures } = analysis;
  const isCallback = closures.records.get(fn)?.role === "callback";
  if (ts.isArrowFunction(fn)) checkOwnCall(check, fn);
  let reported = false;
  const visit = (node: tsTypes.Node): void => {
    if (reported) return;
    const binding = ts.isIdentifier(node) ? bindings.byIdentifier.get(node) : undefined;
    if (ts.isCallExpression(node) && toolCall(ts, node, bindings, tools)) {
      report.error(isCallback ? "nested-step" : "step-in-nested-function", node, { tool: toolText(node) });
      reported = true;
    } else if (!isCallback && binding && tools.steps.has(binding)) {
      report.error("step-in-nested-function", node, { tool: binding.name });
      reported = true;
    } else ts.forEachChild(node, visit);
  };
  visit(fn);
}

function toolText(call: tsTypes.CallExpression): string {
  return shortText(call.expression.getText());
}
