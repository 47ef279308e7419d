/**
 * What a suspension waits for, from syntax alone: the op of a tool call, the elements of a combination, what a handle
 * stands for, the durable function that a call runs.
 */
import type tsTypes from "typescript";
import type { CombinationMethod, Part } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { shortText } from "../analyse/enclosing.ts";
import { baseLabel } from "../analyse/labels.ts";
import { chainOf, parallelCallback, rollbackSource, toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/find-units.ts";
import type { FunctionNode, TypeScript } from "../ir.ts";

/** Where the durable functions of a file are. */
export interface PartsInput {
  readonly ts: TypeScript;
  readonly analysis: Analysis;
  /** The code id of what the module calls by this name: `pay`, `orders.ship`. */
  readonly codeOfName: (name: string) => string | undefined;
}

/** What an awaited expression stands for. */
export function partOf(input: PartsInput, expression: tsTypes.Expression): Part {
  return find(input, expression, new Set());
}

/** `seen` are the constants followed so far, which may name one another. */
function find(input: PartsInput, expression: tsTypes.Expression, seen: ReadonlySet<tsTypes.Node>): Part {
  const { ts, analysis } = input;
  const node = unwrap(ts, expression);
  if (ts.isIdentifier(node)) return constant(input, node, seen) ?? { kind: "await", name: node.text };
  if (!ts.isCallExpression(node)) return { kind: "await", name: shortText(node.getText()) };
  const reaction = reactionOf(ts, node);
  if (reaction) return withReaction(input, reaction, find(input, reaction.source, seen), seen);
  const { bindings, tools } = analysis;
  if (toolCall(ts, node, bindings, tools)) return toolPart(input, node);
  const source = rollbackSource(ts, node);
  if (source && chainOf(ts, node, bindings, tools)) return withUndo(input, find(input, source, seen), node);
  const method = combinationOf(ts, node);
  if (method) return { kind: "combination", name: nameOf(input, node), method, parts: elements(input, node, seen) };
  return listPart(input, node, seen) ?? callPart(input, node, seen);
}

function toolPart(input: PartsInput, call: tsTypes.CallExpression): Part {
  const { ts, analysis } = input;
  const kind = toolCall(ts, call, analysis.bindings, analysis.tools) ?? "wait";
  const name = nameOf(input, call);
  const callee = unwrap(ts, call.expression);
  const isMap = ts.isPropertyAccessExpression(callee) && callee.name.text === "map";
  const [list] = call.arguments;
  const fn = call.arguments[call.arguments.length - 1];
  if (!isMap || !list || !fn) return { kind, name };
  return { kind: "combination", name, method: "map", parts: [perElement(input, list, fn)] };
}

/** `items.map(f)`, `items.flatMap(f)` */
function listPart(input: PartsInput, call: tsTypes.CallExpression, seen: ReadonlySet<tsTypes.Node>): Part | undefined {
  const { ts } = input;
  const callee = unwrap(ts, call.expression);
  const [fn] = call.arguments;
  if (!ts.isPropertyAccessExpression(callee) || !fn || !/^(map|flatMap)$/.test(callee.name.text)) return undefined;
  return perElement(input, callee.expression, fn, seen);
}

function perElement(
  input: PartsInput,
  list: tsTypes.Expression,
  callback: tsTypes.Expression,
  seen: ReadonlySet<tsTypes.Node> = new Set(),
): Part {
  const { ts, analysis } = input;
  const each = shortText(list.getText());
  const fn = unwrap(ts, callback);
  const code = codeOf(input, fn);
  if (code !== undefined) return { kind: "call", name: ts.isIdentifier(fn) ? fn.text : "()", code, each };
  const isSync = ts.isArrowFunction(fn) || ts.isFunctionExpression(fn);
  const result = isSync ? resultOf(ts, fn) : undefined;
  if (result && !analysis.functions.has(fn as FunctionNode)) return { ...find(input, result, seen), each };
  return { kind: "await", name: shortText(callback.getText()), each };
}

/** What a sync function returns, when it does so in one place. */
function resultOf(
  ts: TypeScript,
  { body }: tsTypes.ArrowFunction | tsTypes.FunctionExpression,
): tsTypes.Expression | undefined {
  if (!ts.isBlock(body)) return body;
  const last = body.statements[body.statements.length - 1];
  return last && ts.isReturnStatement(last) ? last.expression : undefined;
}

function callPart(input: PartsInput, call: tsTypes.CallExpression, seen: ReadonlySet<tsTypes.Node>): Part {
  const { ts, analysis } = input;
  const callback = parallelCallback(ts, call, analysis.bindings, analysis.tools);
  const isSync = callback && (ts.isArrowFunction(callback) || ts.isFunctionExpression(callback));
  const result = isSync ? resultOf(ts, callback) : undefined;
  if (result && !analysis.functions.has(callback as FunctionNode)) return find(input, result, seen);
  const callee = callback ?? unwrap(ts, call.expression);
  const name = nameOf(input, call);
  const code = codeOf(input, callee);
  if (code !== undefined) return { kind: "call", name, code };
  const passesTools = call.arguments.some((argument) => {
    const binding = ts.isIdentifier(argument) ? analysis.bindings.byIdentifier.get(argument) : undefined;
    return binding !== undefined && (analysis.tools.steps.has(binding) || analysis.tools.contexts.has(binding));
  });
  if (!passesTools && !callback) return { kind: "await", name };
  const outer = input.codeOfName(callee.getText().replace(/\s/g, ""));
  return { kind: "call", name, ...(outer !== undefined && { code: outer }) };
}

/** The code id of a durable function of this unit, given where it stands or by its name. */
function codeOf({ ts, analysis, codeOfName }: PartsInput, callee: tsTypes.Expression): string | undefined {
  const binding = ts.isIdentifier(callee) ? analysis.bindings.byIdentifier.get(callee) : undefined;
  const own = analysis.functions.get((binding?.closure ?? callee) as FunctionNode)?.code;
  if (own !== undefined || binding || !ts.isIdentifier(callee)) return own;
  return codeOfName(callee.text);
}

function elements(input: PartsInput, call: tsTypes.CallExpression, seen: ReadonlySet<tsTypes.Node>): Part[] {
  const { ts } = input;
  const [list] = call.arguments;
  if (!list) return [];
  const node = unwrap(ts, list);
  if (!ts.isArrayLiteralExpression(node)) return [find(input, node, seen)];
  return node.elements.map((element) => find(input, ts.isSpreadElement(element) ? element.expression : element, seen));
}

/** A constant that a handle was kept in. */
function constant(input: PartsInput, name: tsTypes.Identifier, seen: ReadonlySet<tsTypes.Node>): Part | undefined {
  const { ts, analysis } = input;
  const declaration = analysis.bindings.byIdentifier.get(name)?.declarations[0]?.parent;
  if (!declaration || !ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return undefined;
  const { initializer, parent } = declaration;
  if (!initializer || (parent.flags & ts.NodeFlags.Const) === 0 || seen.has(declaration)) return undefined;
  if (!ts.isCallExpression(unwrap(ts, initializer))) return undefined;
  return find(input, initializer, new Set([...seen, declaration]));
}

function combinationOf(ts: TypeScript, node: tsTypes.CallExpression): CombinationMethod | undefined {
  const found = /^Promise\.(all|allSettled|any|race)$/.exec(unwrap(ts, node.expression).getText());
  return found?.[1] as CombinationMethod | undefined;
}

interface Reaction {
  readonly source: tsTypes.Expression;
  readonly method: "then" | "catch" | "finally";
  readonly callbacks: readonly tsTypes.Expression[];
}

/** `x.then(f)` and its like, where `x` is a call or a constant. */
function reactionOf(ts: TypeScript, call: tsTypes.CallExpression): Reaction | undefined {
  const callee = unwrap(ts, call.expression);
  if (!ts.isPropertyAccessExpression(callee) || !/^(then|catch|finally)$/.test(callee.name.text)) return undefined;
  const source = unwrap(ts, callee.expression);
  if (!ts.isCallExpression(source) && !ts.isIdentifier(source)) return undefined;
  return { source, method: callee.name.text as Reaction["method"], callbacks: call.arguments };
}

function withReaction(
  input: PartsInput,
  { method, callbacks }: Reaction,
  part: Part,
  seen: ReadonlySet<tsTypes.Node>,
): Part {
  const [first, second] = callbacks.map((callback) => callbackParts(input, callback, seen));
  const onSuccess = method === "catch" ? [] : (first ?? []);
  const onFailure = method === "catch" ? (first ?? []) : method === "then" ? second : undefined;
  const next = [...(part.next ?? []), ...onSuccess];
  const rollback = part.rollback ?? onFailure;
  return { ...part, ...(next.length > 0 && { next }), ...(rollback && { rollback }) };
}

/** What `.rollback(f)` registers is shown, whatever is in it: it is there to be found. */
function withUndo(input: PartsInput, part: Part, { arguments: [callback] }: tsTypes.CallExpression): Part {
  if (!callback) return part;
  const [known = { kind: "await" as const, name: shortText(callback.getText()) }] = callbackParts(
    input,
    callback,
    new Set(),
  );
  const undo = known.name === "()" ? { ...known, name: `${part.name}.rollback()` } : known;
  return { ...part, undo: [...(part.undo ?? []), undo] };
}

/** What a callback waits for, when its text tells. */
function callbackParts(input: PartsInput, callback: tsTypes.Expression, seen: ReadonlySet<tsTypes.Node>): Part[] {
  const { ts } = input;
  const fn = unwrap(ts, callback);
  const code = codeOf(input, fn);
  if (code !== undefined) return [{ kind: "call", name: ts.isIdentifier(fn) ? fn.text : "()", code }];
  const result = ts.isArrowFunction(fn) || ts.isFunctionExpression(fn) ? resultOf(ts, fn) : undefined;
  const part = result && ts.isCallExpression(unwrap(ts, result)) ? find(input, result, seen) : undefined;
  return part && part.kind !== "await" ? [part] : [];
}

function nameOf({ ts, analysis }: PartsInput, call: tsTypes.Expression): string {
  return baseLabel(ts, call, (node) => toolCall(ts, node, analysis.bindings, analysis.tools) !== undefined);
}
