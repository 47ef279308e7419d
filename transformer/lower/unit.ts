/**
 * One durable function:
 *
 *   async ({ event, step }) => { … }
 *
 *   $.durable({ code: "add-data", … }, async ($, { event, step }) => {
 *     const v = $.scope("");
 *     $.code({ "create-row": (v) => async () => { … } });
 *     switch ($.pc) { … }
 *   })
 */
import type tsTypes from "typescript";
import { type Analysis, isPlainContext } from "../analyse/analyse-unit.ts";
import { namePaths } from "../analyse/paths.ts";
import { isReference } from "../analyse/scopes.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope, Scope, TypeScript } from "../ir.ts";
import { lineIndent, lowerList } from "./blocks.ts";
import { lowerChain } from "./chains.ts";
import { type Context, openRecord, type Place } from "./context.ts";
import { copy } from "./copy.ts";
import { findEdited } from "./edited.ts";
import { lowerReturn } from "./jumps.ts";
import { assignPattern, declaresSlots } from "./patterns.ts";
import { type FileNames, join, propertyKey, span } from "./text.ts";

/** The compiled function as an expression; `info` is the literal that `$.durable` gets. */
export function lowerUnit(ts: TypeScript, analysis: Analysis, names: FileNames, frame: string, info: string): Rope {
  const context = createContext(ts, analysis, names, frame);
  const { fn } = analysis.unit;
  const body = lowerBody(context);
  const { parameters, bound } = lowerParameters(context);
  const root = analysis.bindings.scopes.get(fn) as Scope;
  const indent = `\n${indentation(ts, fn)}`;
  const opened: Rope = context.records.has(root)
    ? [indent, bound.length > 0 ? openRecord(context, root, join(bound, " ")) : openRecord(context, root)]
    : join(bound, " ");
  const table: Rope = context.table.length > 0 ? [indent, printTable(context, indent)] : "";
  const inside = [opened, table, body.statements];
  const arrow = ts.isArrowFunction(fn) ? " => " : " ";
  const self = ownName(ts, analysis);
  const name = ts.isArrowFunction(fn) ? "" : `function ${self === undefined ? (fn.name?.text ?? "") : ""}`;
  const head: Rope = [`${frame}.durable(${info}, async ${name}(${frame}`, parameters, ")", arrow];
  const compiled: Rope = [head, "{", body.directives, inside, "})"];
  if (self === undefined || ts.isFunctionDeclaration(fn)) return compiled;
  return [`(() => { const ${self} = `, compiled, `; return ${self}; })()`];
}

/** The name of a function that refers to itself by it: that name must mean the compiled function, not its body. */
function ownName(ts: TypeScript, { unit, bindings }: Analysis): string | undefined {
  const { fn } = unit;
  if (ts.isArrowFunction(fn) || !fn.name || !fn.body) return undefined;
  const name = fn.name.text;
  const refers = (node: tsTypes.Node): boolean =>
    ts.isIdentifier(node)
      ? node.text === name && isReference(ts, node) && !bindings.byIdentifier.has(node)
      : (ts.forEachChild(node, refers) ?? false);
  return refers(fn.body) ? name : undefined;
}

function createContext(ts: TypeScript, analysis: Analysis, names: FileNames, frame: string): Context {
  const records = new Map<Scope, string>();
  for (const [scope, path] of analysis.paths) {
    const last = path.replace(/#.*$/, "").split("/").pop() ?? "";
    records.set(scope, names.fresh(path === "" ? "v" : `v_${last.replace(/^case /, "")}`));
  }
  return {
    ts,
    analysis,
    names,
    frame,
    records,
    edited: findEdited(ts, analysis),
    paths: namePaths(ts, cursorNodes(ts, analysis), analysis.unit.fn, analysis.suspensions),
    table: [],
  };
}

/** Loops with a cursor, and `try` statements whose `finally` suspends. */
function cursorNodes(ts: TypeScript, analysis: Analysis): tsTypes.Node[] {
  const nodes: tsTypes.Node[] = [];
  for (const node of analysis.suspensions.holders.keys()) {
    if (ts.isForOfStatement(node) || ts.isForInStatement(node)) nodes.push(node);
    if (ts.isTryStatement(node) && node.finallyBlock && analysis.suspensions.holders.has(node.finallyBlock))
      nodes.push(node);
  }
  return nodes.sort((a, b) => a.pos - b.pos || b.end - a.end);
}

/** Parameters as they are when they can be; else the values by position, bound as the first act of the body. */
function lowerParameters(context: Context): { parameters: Rope; bound: readonly Rope[] } {
  const { ts, analysis } = context;
  const list = analysis.unit.fn.parameters.filter((parameter) => parameter.name.getText() !== "this");
  const bound: Rope[] = [];
  const parameters = list.map((parameter, position): Rope => {
    const isContext = position === 0 && analysis.unit.kind === "handler" && isPlainContext(ts, parameter);
    const isPlain = ts.isIdentifier(parameter.name) && !parameter.initializer && !parameter.dotDotDotToken;
    const slots = declaresSlots(context, parameter.name);
    if (!slots && (isContext || isPlain)) return [", ", span(parameter.getStart(), parameter.end)];
    const name = context.names.fresh(ts.isIdentifier(parameter.name) ? `$${parameter.name.text}` : "$argument");
    bound.push(bindParameter(context, parameter, name, slots));
    return `, ${parameter.dotDotDotToken ? "..." : ""}${name}`;
  });
  return { parameters, bound };
}

function bindParameter(context: Context, parameter: tsTypes.ParameterDeclaration, name: string, slots: boolean): Rope {
  const { initializer } = parameter;
  const value: Rope = initializer ? [`${name} === undefined ? `, copy(context, initializer), ` : ${name}`] : name;
  if (slots) return [assignPattern(context, parameter.name, value)];
  return ["const ", copy(context, parameter.name), " = ", value, ";"];
}

function lowerBody(context: Context): { directives: Rope; statements: Rope } {
  const { ts, analysis } = context;
  const body = analysis.unit.fn.body as tsTypes.ConciseBody;
  const place: Place = { kind: "unit" };
  if (!ts.isBlock(body)) {
    const awaited = unwrap(ts, body);
    const isChain = analysis.suspensions.chains.has(awaited);
    const statements = isChain
      ? lowerChain(context, awaited, place, (value, at) => lowerReturn(context, value ?? "undefined", at))
      : ["return ", copy(context, body), ";"];
    return { directives: "", statements: [" ", statements, " "] };
  }
  const { statements } = body;
  let count = 0;
  while (isDirective(ts, statements[count])) count++;
  const start = body.getStart() + 1;
  const from = count === 0 ? start : (statements[count - 1] as tsTypes.Statement).end;
  const rest = statements.slice(count);
  return { directives: span(start, from), statements: lowerList(context, rest, place, from, body.end - 1) };
}

function isDirective(ts: TypeScript, statement: tsTypes.Statement | undefined): boolean {
  return statement !== undefined && ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
}

/** The author's indentation of the body. */
function indentation(ts: TypeScript, fn: tsTypes.SignatureDeclaration): string {
  const { body } = fn as tsTypes.FunctionLikeDeclaration;
  const first = body && ts.isBlock(body) ? body.statements[0] : undefined;
  return first ? lineIndent(first) : "  ";
}

/** `$.code({ "reserve": (v, v_order) => () => … });` */
function printTable(context: Context, indent: string): Rope {
  const entries = context.table.map(
    ({ id, parameters, body }): Rope => [`${indent}  ${propertyKey(id)}: (${parameters.join(", ")}) => `, body],
  );
  return [`${context.frame}.code({`, join(entries, ","), `${indent}});`];
}
