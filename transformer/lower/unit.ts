/**
 * One outermost durable function:
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
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import { isEntered } from "../analyse/functions.ts";
import { isReference } from "../analyse/targets.ts";
import type { FunctionNode, Rope, Scope, TypeScript } from "../ir.ts";
import type { Context } from "./context.ts";
import { findEdited } from "./edited.ts";
import { lowerEntered } from "./entered.ts";
import { durableBody, indentation } from "./functions.ts";
import { type FileNames, join, propertyKey, quote } from "./text.ts";

/** What the units of a file share. */
export interface FileContext {
  readonly ts: TypeScript;
  readonly facts: FileFacts;
  /** Name of the frame. */
  readonly frame: string;
  /** The literals that `$.durable` and `$.nested` get; the name of a constant for `$.enter`. */
  readonly infos: ReadonlyMap<FunctionNode, string>;
}

/** The compiled function as an expression. */
export function lowerUnit(file: FileContext, analysis: Analysis, names: FileNames): Rope {
  const { ts, frame } = file;
  const context = createContext(file, analysis, names);
  const { fn } = analysis.unit;
  const indent = `\n${indentation(context, fn)}`;
  const self = ownName(ts, analysis);
  const table = () => (context.table.length > 0 ? [indent, printTable(context, indent)] : "");
  const body = durableBody(context, table, self === undefined);
  const outer = printOuter(analysis);
  // The body has no name where that has to mean the compiled function.
  const tail = self === undefined ? outer : `${outer || ", {}"}, ${quote(self)}`;
  const compiled: Rope = [`${frame}.durable(${file.infos.get(fn)}, `, body, tail, ")"];
  if (isEntered(ts, fn)) return lowerEntered(file, analysis, names.fresh("$args"), body);
  if (self === undefined || ts.isFunctionDeclaration(fn)) return compiled;
  return [`(() => { const ${self} = `, compiled, `; return ${self}; })()`];
}

/**
 * The name of a function that refers to itself by it, or may in a text that is evaluated: that name must mean the compiled
 * function, not its body.
 */
function ownName(ts: TypeScript, { unit, bindings, around }: Analysis): string | undefined {
  const { fn } = unit;
  if (ts.isArrowFunction(fn) || ts.isMethodDeclaration(fn) || !fn.name || !ts.isIdentifier(fn.name) || !fn.body)
    return undefined;
  const name = fn.name.text;
  if (around.has(name)) return name;
  const refers = (node: tsTypes.Node): boolean =>
    ts.isIdentifier(node)
      ? node.text === name && isReference(ts, node) && !bindings.byIdentifier.has(node)
      : (ts.forEachChild(node, refers) ?? false);
  return refers(fn.body) ? name : undefined;
}

function createContext({ ts, facts, frame, infos }: FileContext, analysis: Analysis, names: FileNames): Context {
  const records = new Map<Scope, string>();
  for (const [scope, path] of analysis.paths) {
    const [whole = ""] = path.split("#", 1);
    const last = whole.slice(whole.lastIndexOf("/") + 1);
    const wish =
      scope.node === analysis.unit.fn
        ? "v"
        : `v_${last === "" ? ownerName(ts, scope.node) : last.replace(/^case /, "")}`;
    records.set(scope, names.fresh(wish));
  }
  return {
    ts,
    file: analysis.unit.fn.getSourceFile(),
    analysis,
    facts,
    current: analysis.functions.get(analysis.unit.fn) as FunctionAnalysis,
    names,
    frame,
    infos,
    records,
    recordHolders: withAncestors(records.keys(), analysis.unit.fn),
    outside: new Set(),
    temporaries: names.fresh("t"),
    edited: findEdited(ts, analysis, facts),
    paths: analysis.cursors,
    homes: new Map(),
    table: [],
  };
}

function ownerName(ts: TypeScript, node: tsTypes.Node): string {
  const { name, parent } = node as tsTypes.FunctionExpression;
  if (name && ts.isIdentifier(name)) return name.text;
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : "fn";
}

function withAncestors(scopes: Iterable<Scope>, unit: tsTypes.Node): Set<tsTypes.Node> {
  const nodes = new Set<tsTypes.Node>();
  for (const { node } of scopes) {
    for (let at = node; !nodes.has(at) && at !== unit; at = at.parent) nodes.add(at);
  }
  return nodes;
}

/** `, { log: () => log }`: what a variable may hold of the module. */
export function printOuter({ outer }: Analysis): string {
  if (outer.size === 0) return "";
  return `, { ${[...outer].map((name) => `${propertyKey(name)}: () => ${name}`).join(", ")} }`;
}

/** `$.code({ "reserve": (v, v_order) => () => … });` */
function printTable(context: Context, indent: string): Rope {
  const entries = context.table.map(
    ({ id, parameters, body }): Rope => [`${indent}  ${propertyKey(id)}: (${parameters.join(", ")}) => `, body],
  );
  return [`${context.frame}.code({`, join(entries, ","), `${indent}});`];
}
