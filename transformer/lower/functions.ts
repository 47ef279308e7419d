/**
 * Functions: their parameters, what they need of their call, and their bodies.
 *
 *   async (order) => { … }       $.nested({ … }, async ($, $order) => { const v = $.scope("", …); switch ($.pc) { … } })
 *   (start) => () => start++     ($start) => { const v_fn = $.env((v_fn) => { v_fn.start = $start; }); return $.fn("fn", v_fn); }
 */
import type tsTypes from "typescript";
import { isPlainContext } from "../analyse/analyse-unit.ts";
import { givesWhatItReturns, usesThis } from "../analyse/functions.ts";
import { isAsyncGenerator, isGenerator } from "../analyse/generators.ts";
import { isAssignment } from "../analyse/targets.ts";
import { unwrap } from "../discover/find-units.ts";
import { isErased } from "../discover/nodes.ts";
import type { Binding, FunctionNode, Rope, Scope, Suspension } from "../ir.ts";
import { lineIndent, lowerList } from "./blocks.ts";
import { lowerChain } from "./chains.ts";
import { parametersStart } from "./closures.ts";
import { type Context, labelsIn, openRecord, type Place, recordOf, slotName, slotScope, textOf } from "./context.ts";
import { copy } from "./copy.ts";
import { lowerReturn } from "./jumps.ts";
import { assignPattern, declaresNames, declaresSlots, onceOnly } from "./patterns.ts";
import { withResources } from "./resources.ts";
import { join, quote, span } from "./text.ts";

const unitPlace: Place = { kind: "unit" };

/**
 * A durable function nested in another, as the body of its entry in the unit's table. `home` is what a method with `super`
 * needs in front of it, in an object of its own: `({ __proto__: …, *method($) { … } }).method`.
 */
export function lowerNested(outer: Context, fn: FunctionNode, home = ""): Rope {
  const { ts } = outer;
  const current = outer.analysis.functions.get(fn);
  if (!current) throw new Error("a function that is not durable");
  const context: Context = { ...outer, current };
  const name = nameOf(context, fn);
  const isDeclaration = ts.isFunctionDeclaration(fn) || ts.isMethodDeclaration(fn);
  const self = !isDeclaration && usesSelf(context, fn) ? fn.name?.getText() : undefined;
  const start = context.analysis.suspensions.starts.get(fn);
  const lowered = start && isAsyncGenerator(ts, fn) ? lowerParameters(context, fn, false) : undefined;
  const front = home === "" ? undefined : isAsyncGenerator(ts, fn) ? "async *method" : "*method";
  const text = durableBody(context, "", self === undefined, front, lowered);
  const body: Rope = home === "" ? text : [`({ ${home}`, text, " }).method"];
  const tool = isGenerator(fn) ? "generator" : "nested";
  const binder = start && lowered ? [", ", binderOf(context, fn, start, lowered)] : "";
  const binds: Rope = start ? [", true", binder] : "";
  const nested: Rope = [`${context.frame}.${tool}(${context.infos.get(fn)}, `, body, `, ${quote(name)}`, binds, ")"];
  return self === undefined ? nested : [`(() => { const ${self} = `, nested, `; return ${self}; })()`];
}

/**
 * The compiled body: `async ($, order) => { … }`. `table` stands in front of the author's code. The function keeps its
 * name for stack traces, unless that name has to mean the compiled function.
 */
export function durableBody(
  context: Context,
  table: (() => Rope) | "",
  isNamed: boolean,
  front = frontOf(context, isNamed),
  lowered?: LoweredParameters,
): Rope {
  const { ts, analysis, frame } = context;
  const { fn } = context.current;
  const body = lowerBody(context, fn);
  const isHandler = fn === analysis.unit.fn && analysis.unit.kind === "handler";
  const { parameters, names, ...bound } = lowered ?? lowerParameters(context, fn, isHandler);
  const indent = `\n${indentation(context, fn)}`;
  const start = analysis.suspensions.starts.get(fn);
  const bindsApart = start !== undefined && isAsyncGenerator(ts, fn);
  const opened = bindsApart ? openBound(context, fn) : openFunction(context, fn, bound);
  const temporaries = context.current.temporaries.saved.size > 0;
  const printed = table === "" ? "" : table();
  // What a parameter is bound to may be a closure of the table; and where it is no slot, whoever fetches the table would
  // evaluate its default again.
  const isFirst = bound.declares || fn.parameters.some((parameter) => holdsFunction(ts, parameter));
  const code: Rope = [
    isAsyncGenerator(ts, fn) ? boundLater(context, names) : "",
    isFirst ? printed : "",
    opened === "" ? "" : [indent, opened],
    start && !bindsApart ? `${indent}if (${frame}.starts(${quote(start.label)})) yield;` : "",
    temporaries ? [indent, `const ${context.temporaries} = ${frame}.scope("~");`] : "",
    isFirst ? "" : printed,
    framed(context, fn, apart(context, fn, body.statements)),
  ];
  const inside = givesWhatItReturns(ts, analysis, fn) ? raising(context, code) : code;
  const arrow = isArrow(ts, fn) ? " => " : " ";
  const list: Rope = [frame, (bindsApart ? names : parameters).map((parameter): Rope => [", ", parameter])];
  return [`${front}(`, list, ")", arrow, "{", body.directives, inside, "}"];
}

/**
 * What a function throws that is not async comes from the call itself: `try { … } catch ($error) { throw $.raised($error); }`.
 */
function raising({ frame, names }: Context, code: Rope): Rope {
  const error = names.fresh("$error");
  return [" try {", code, ` } catch (${error}) { throw ${frame}.raised(${error}); }`];
}

/**
 * The frame of an async generator is told when its code goes on and when it has ended:
 *
 *   try { if ($.holds()) $.resumed(yield); … } finally { $.ended(); }
 */
function framed({ ts, frame, analysis }: Context, fn: FunctionNode, statements: Rope): Rope {
  if (!isAsyncGenerator(ts, fn)) return statements;
  const start = analysis.suspensions.starts.get(fn);
  return [
    ` try { if (${frame}.holds(${start ? quote(start.label) : ""})) ${frame}.resumed(yield); `,
    statements,
    ` } finally { ${frame}.ended(); }`,
  ];
}

/** Of a loaded async generator the arguments are decoded when the function was called already: `if ($.isLoaded) [url] = $.args;` */
function boundLater({ frame }: Context, names: readonly string[]): Rope {
  return names.length === 0 ? "" : ` if (${frame}.isLoaded) [${names.join(", ")}] = ${frame}.args;`;
}

/**
 * What binds the parameters of an async generator at the call, when that does something: the body runs only when it is asked.
 *
 *   function ($, $size) { const v = $.scope("", (v) => { v.size = $size === undefined ? 10 : $size; }); $.starts("start"); }
 */
function binderOf(
  context: Context,
  fn: FunctionNode,
  { label }: Suspension,
  { parameters, ...bound }: LoweredParameters,
): Rope {
  const { frame } = context;
  const list: Rope = [frame, parameters.map((parameter): Rope => [", ", parameter])];
  return ["function (", list, ") { ", openFunction(context, fn, bound), ` ${frame}.starts(${quote(label)}); }`];
}

/** The record that the binder made: `const v = $.bound("");` */
function openBound(context: Context, fn: FunctionNode): Rope {
  const scope = context.analysis.bindings.scopes.get(fn) as Scope;
  if (!context.records.has(scope)) return "";
  const path = quote(context.analysis.paths.get(scope) as string);
  return `const ${recordOf(context, scope)} = ${context.frame}.bound(${path});`;
}

/** Functions and classes may be entries of the table; those of types are none. */
function holdsFunction(ts: Context["ts"], node: tsTypes.Node): boolean {
  if (isErased(ts, node)) return false;
  return (
    ts.isFunctionLike(node) ||
    ts.isClassLike(node) ||
    ts.forEachChild(node, (child) => holdsFunction(ts, child)) === true
  );
}

/** What stands in front of the parameters: `async function pay`. */
function frontOf({ ts, current: { fn } }: Context, isNamed: boolean): string {
  if (isArrow(ts, fn)) return "async ";
  const own = isNamed && !ts.isMethodDeclaration(fn) && !ts.isArrowFunction(fn) ? fn.name?.text : "";
  const words = isAsyncGenerator(ts, fn) ? "async function*" : isGenerator(fn) ? "function*" : "async function";
  return `${words} ${own ?? ""}`;
}

/** The body of a method of a class is an arrow function inside of it. */
function isArrow(ts: Context["ts"], fn: FunctionNode): boolean {
  return ts.isArrowFunction(fn) || (!isGenerator(fn) && (ts.isClassLike(fn.parent) || hasOnlyInnerThis(ts, fn)));
}

/** A run keeps the `this` of a call whose code names one; where only functions inside have theirs, it need not. */
function hasOnlyInnerThis(ts: Context["ts"], fn: FunctionNode): boolean {
  const text = fn.getText();
  return /\bthis\b/.test(text) && !usesThis(ts, fn);
}

/** A function that stays native, and whose variables closures take along. `front` is what stands before its parameters. */
export function lowerNative(context: Context, fn: tsTypes.SignatureDeclaration, front?: string): Rope {
  const { ts } = context;
  const body = lowerBody(context, fn as FunctionNode);
  const { parameters, ...bound } = lowerParameters(context, fn, false);
  const isArrow = ts.isArrowFunction(fn);
  const head: Rope = front ?? (isArrow ? "" : span(fn.getStart(context.file), parametersStart(context, fn)));
  const opened = openFunction(context, fn, bound);
  return [
    head,
    "(",
    join(parameters, ", "),
    ")",
    isArrow ? " => " : " ",
    "{",
    body.directives,
    " ",
    opened,
    apart(context, fn, body.statements),
    "}",
  ];
}

/** Defaults that are bound in the body do not see what the author declares there. */
function apart({ ts, analysis }: Context, fn: tsTypes.SignatureDeclaration, statements: Rope): Rope {
  const { scopes } = analysis.bindings;
  const { body } = fn as tsTypes.FunctionLikeDeclaration;
  const declared = ((body && scopes.get(body)) ?? scopes.get(fn))?.names;
  const refers = (node: tsTypes.Node): boolean => {
    const own = ts.isIdentifier(node) ? declared?.get(node.text) : undefined;
    if (own && own.kind !== "param" && analysis.bindings.byIdentifier.get(node) !== own) return true;
    return ts.forEachChild(node, refers) ?? false;
  };
  return fn.parameters.some(({ initializer }) => initializer && refers(initializer))
    ? [" {", statements, "}"]
    : statements;
}

/** The record of the function's own scope, with its parameters and what closures need of its call. */
function openFunction(context: Context, fn: tsTypes.SignatureDeclaration, { bound, declares }: BoundParameters): Rope {
  const scope = context.analysis.bindings.scopes.get(fn) as Scope;
  if (!context.records.has(scope)) {
    if (bound.length === 0) return "";
    return suspends(context, fn) ? onceOnly(context, join(bound, " ")) : join(bound, " ");
  }
  const taken = [
    "this",
    "arguments",
    "new",
    ...(fn.name && context.ts.isIdentifier(fn.name) ? [fn.name.text] : []),
  ].flatMap((name) => {
    const binding = scope.names.get(name);
    return binding && isOfCall(binding) && slotName(context, binding) ? [takeFromCall(context, fn, binding)] : [];
  });
  const init = [...taken, ...bound];
  if (init.length === 0) return openRecord(context, scope);
  // Variables of their own cannot be declared in the record's initialiser. A function that has any never suspends.
  return declares ? [openRecord(context, scope), " ", join(init, " ")] : openRecord(context, scope, join(init, " "));
}

function isPlainParameter(
  { ts }: Context,
  { name, initializer, dotDotDotToken }: tsTypes.ParameterDeclaration,
): boolean {
  return ts.isIdentifier(name) && !initializer && !dotDotDotToken;
}

function isOfCall({ name, kind }: Binding): boolean {
  return name === "this" || name === "arguments" || name === "new" || kind === "self";
}

function takeFromCall(context: Context, fn: tsTypes.SignatureDeclaration, binding: Binding): string {
  const isDurable = context.analysis.functions.has(fn as FunctionNode);
  const own = isDurable ? { arguments: `${context.frame}.arguments`, new: "undefined" } : { new: "new.target" };
  const value = new Map(Object.entries(own)).get(binding.name) ?? binding.name;
  return `${slotName(context, binding)} = ${value};`;
}

/** What binds parameters in the body. */
interface BoundParameters {
  readonly bound: readonly Rope[];
  /** Variables of their own. */
  readonly declares: boolean;
}

interface LoweredParameters extends BoundParameters {
  readonly parameters: readonly Rope[];
  /** As the body has them: `...$rest`. */
  readonly names: readonly string[];
}

/** Parameters as they are when they can be; else the values by position, bound as the first act of the body. */
function lowerParameters(context: Context, fn: tsTypes.SignatureDeclaration, isHandler: boolean): LoweredParameters {
  const { ts } = context;
  const list = fn.parameters.filter((parameter) => parameter.name.getText() !== "this");
  const bound: Rope[] = [];
  const names: string[] = [];
  let declares = false;
  const parameters = list.map((parameter, position): Rope => {
    const rest = parameter.dotDotDotToken ? "..." : "";
    const isContext = isHandler && position === 0 && isPlainContext(ts, parameter);
    const isPlain = isPlainParameter(context, parameter);
    const assigned = isAssigned(context, fn, parameter);
    if (!declaresSlots(context, parameter.name) && (isContext || isPlain)) {
      names.push(parameter.name.getText());
      return textOf(context, parameter);
    }
    const name = context.names.fresh(ts.isIdentifier(parameter.name) ? `$${parameter.name.text}` : "$argument");
    names.push(`${rest}${name}`);
    bound.push(bindParameter(context, parameter, name, assigned));
    declares ||= !isPlain && !assigned;
    // A default, though it does nothing here, keeps the function's length.
    return `${rest}${name}${parameter.initializer ? " = undefined" : ""}`;
  });
  return { parameters, names, bound, declares };
}

/** Its names are slots, or it has none, and what it evaluates must not be evaluated again when the function is re-entered. */
function isAssigned(
  context: Context,
  fn: tsTypes.SignatureDeclaration,
  { name }: tsTypes.ParameterDeclaration,
): boolean {
  return declaresSlots(context, name) || (suspends(context, fn) && !declaresNames(context, name));
}

function suspends(context: Context, fn: tsTypes.SignatureDeclaration): boolean {
  const { starts } = context.analysis.suspensions;
  return starts.has(fn as FunctionNode) || labelsIn(context, (fn as FunctionNode).body).length > 0;
}

function bindParameter(
  context: Context,
  parameter: tsTypes.ParameterDeclaration,
  name: string,
  assigned: boolean,
): Rope {
  const { initializer } = parameter;
  const value: Rope = initializer ? [`${name} === undefined ? `, copy(context, initializer), ` : ${name}`] : name;
  if (assigned) return [assignPattern(context, parameter.name, value)];
  return ["let ", copy(context, parameter.name), " = ", value, ";"];
}

function lowerBody(context: Context, fn: FunctionNode): { directives: Rope; statements: Rope } {
  const { ts, analysis } = context;
  const body = fn.body as tsTypes.ConciseBody;
  if (!ts.isBlock(body)) {
    const awaited = unwrap(ts, body);
    const isChain = analysis.suspensions.chains.has(awaited);
    const statements = isChain
      ? lowerChain(context, awaited, unitPlace, (value, at) => lowerReturn(context, value ?? "undefined", at))
      : ["return ", copy(context, body), ";"];
    return { directives: "", statements: [" ", statements, " "] };
  }
  const { statements } = body;
  let count = 0;
  while (isDirective(context, statements[count])) count++;
  const start = body.getStart(context.file) + 1;
  const from = count === 0 ? start : (statements[count - 1] as tsTypes.Statement).end;
  const rest = statements.slice(count);
  const list = withResources(context, body, unitPlace, (place) => lowerList(context, rest, place, from, body.end - 1));
  return { directives: span(start, from), statements: [openBody(context, body), list] };
}

/** The record of a body that has a scope of its own: variables called like parameters begin with their values. */
function openBody(context: Context, body: tsTypes.Block): Rope {
  const scope = slotScope(context, body);
  if (!scope) return "";
  const init = [...scope.names.values()].flatMap((binding) => {
    const parameter = scope.parent?.names.get(binding.name);
    if (parameter?.kind !== "param" || !slotName(context, binding)) return [];
    return [`${slotName(context, binding)} = ${slotName(context, parameter)};`];
  });
  return [" ", openRecord(context, scope, init.length > 0 ? init.join(" ") : undefined)];
}

function isDirective({ ts }: Context, statement: tsTypes.Statement | undefined): boolean {
  return statement !== undefined && ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
}

/** The author's indentation of the body. */
export function indentation(context: Context, fn: tsTypes.SignatureDeclaration): string {
  const { body } = fn as tsTypes.FunctionLikeDeclaration;
  const first = body && context.ts.isBlock(body) ? body.statements[0] : undefined;
  return first ? lineIndent(context, first) : "  ";
}

/** The name that the function has for its author, its own or that of what it is assigned to. */
function nameOf({ ts }: Context, fn: FunctionNode): string {
  if (fn.name) return ts.isComputedPropertyName(fn.name) ? "" : (fn.name as tsTypes.Identifier).text;
  let parent: tsTypes.Node = fn.parent;
  while (ts.isParenthesizedExpression(parent)) parent = parent.parent;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) {
    return ts.isIdentifier(parent.name) ? parent.name.text : "";
  }
  if (!ts.isBinaryExpression(parent) || !isAssignment(ts, parent)) return "";
  return ts.isIdentifier(parent.left) ? parent.left.text : "";
}

/** Whether a function expression uses its own name, which must mean the compiled function. */
function usesSelf(context: Context, fn: FunctionNode): boolean {
  const binding = fn.name && context.analysis.bindings.scopes.get(fn)?.names.get((fn.name as tsTypes.Identifier).text);
  return binding !== undefined && binding.kind === "self" && binding.references.length > 0;
}
