/**
 * Finds the outermost durable functions of a file, from syntax alone:
 * the functions given to `createFunction(…)`, inline or by name, what is wrapped in `durable(…)`, and helpers.
 */
import type tsTypes from "typescript";
import type { FoundUnit, FunctionNode, TypeScript, Unit } from "../ir.ts";
import { boundFunction } from "./bound-function.ts";
import { findHelpers, uniqueCodes } from "./helpers.ts";
import { importedName, type PackageImports } from "./imports.ts";
import type { Nodes } from "./nodes.ts";
import { unwrap } from "./unwrap.ts";

export { unwrap };

/** Cheap test of a file's text: false means that nothing in it can be durable. */
export function mayHoldDurable(text: string): boolean {
  return text.includes("createFunction") || text.includes("backstitch");
}

export function findUnits(
  ts: TypeScript,
  file: tsTypes.SourceFile,
  nodes: Nodes,
  imports: PackageImports,
  { packageName, place }: { readonly packageName: string; readonly place: string },
): Unit[] {
  const units: FoundUnit[] = [];
  const taken = new Set<FunctionNode>();
  const add = (unit: FoundUnit): void => {
    if (taken.has(unit.fn)) return;
    taken.add(unit.fn);
    units.push(unit);
  };
  for (const call of nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)) {
    if (isInsideOf(call, taken)) continue;
    const wrapped = durableOf(ts, call, imports);
    for (const found of wrapped ? [wrapped] : handlersOf(ts, call)) add(found);
  }
  for (const helper of findHelpers(ts, file, nodes, imports)) add(helper);
  const outermost = units.filter(({ fn }) => !isInsideOf(fn, taken));
  outermost.sort((a, b) => a.fn.pos - b.fn.pos);
  return uniqueCodes(outermost, packageName).map((unit) => ({ ...unit, place }));
}

/** What stands inside a durable function belongs to it. */
function isInsideOf(node: tsTypes.Node, units: ReadonlySet<tsTypes.Node>): boolean {
  for (const unit of units) if (node !== unit && unit.pos <= node.pos && node.end <= unit.end) return true;
  return false;
}

/** Options of a function that are handlers as well: what runs when a run has failed or was cancelled. */
export const handlerOptions: readonly string[] = ["onFailure", "onCancel"];

/** `x.createFunction({ id, onFailure }, trigger?, handler)`: the last argument is the handler. */
function handlersOf(ts: TypeScript, call: tsTypes.CallExpression): FoundUnit[] {
  if (calleeName(ts, call) !== "createFunction" || call.arguments.length < 2) return [];
  const last = call.arguments[call.arguments.length - 1] as tsTypes.Expression;
  const fn = functionOf(ts, last);
  const code = handlerCode(ts, call);
  return [...(fn ? [{ kind: "handler", fn, code } as const] : []), ...handlersInOptions(ts, call, code)];
}

/** They are called after their function: `<id>/onFailure`. */
function handlersInOptions(ts: TypeScript, { arguments: [first] }: tsTypes.CallExpression, code: string): FoundUnit[] {
  const options = first && unwrap(ts, first);
  if (!options || !ts.isObjectLiteralExpression(options)) return [];
  return options.properties.flatMap((property): FoundUnit[] => {
    const { name } = property;
    if (!name || !(ts.isIdentifier(name) || ts.isStringLiteralLike(name))) return [];
    const fn = handlerOptions.includes(name.text) && functionOfProperty(ts, property);
    return fn ? [{ kind: "handler", fn, code: `${code}/${name.text}` }] : [];
  });
}

/** `{ onFailure: f }`, `{ async onFailure(context) { … } }`, `{ onFailure }` */
function functionOfProperty(ts: TypeScript, property: tsTypes.ObjectLiteralElementLike): FunctionNode | undefined {
  if (ts.isMethodDeclaration(property)) return property;
  if (ts.isPropertyAssignment(property)) return functionOf(ts, property.initializer);
  return ts.isShorthandPropertyAssignment(property) ? boundFunction(ts, property.name) : undefined;
}

function durableOf(ts: TypeScript, call: tsTypes.CallExpression, imports: PackageImports): FoundUnit | undefined {
  const [argument] = call.arguments;
  if (!argument || importedName(ts, call.expression, imports) !== "durable") return undefined;
  const fn = functionOf(ts, argument);
  if (!fn) return undefined;
  const name =
    declaredName(ts, call) ?? (fn.name as tsTypes.Identifier | undefined)?.text ?? `durable@${call.getStart()}`;
  return { kind: "durable", fn, code: name, wrapper: call };
}

function calleeName(ts: TypeScript, call: tsTypes.CallExpression): string | undefined {
  const callee = unwrap(ts, call.expression);
  if (ts.isIdentifier(callee)) return callee.text;
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : undefined;
}

/** The `id` of the options, else the name that the result is given. */
function handlerCode(ts: TypeScript, call: tsTypes.CallExpression): string {
  const options = unwrap(ts, call.arguments[0] as tsTypes.Expression);
  if (ts.isObjectLiteralExpression(options)) {
    for (const property of options.properties) {
      if (!ts.isPropertyAssignment(property) || property.name.getText() !== "id") continue;
      const value = unwrap(ts, property.initializer);
      if (ts.isStringLiteralLike(value)) return value.text;
    }
  }
  if (ts.isStringLiteralLike(options)) return options.text;
  return declaredName(ts, call) ?? "default";
}

/** The variable that an expression initialises, or `default` for `export default`. */
function declaredName(ts: TypeScript, node: tsTypes.Node): string | undefined {
  const parent = node.parent;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if (ts.isPropertyAssignment(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if (ts.isExportAssignment(parent)) return "default";
  if (ts.isAsExpression(parent) || ts.isParenthesizedExpression(parent) || ts.isSatisfiesExpression(parent)) {
    return declaredName(ts, parent);
  }
  return undefined;
}

/** The function that an expression is, or that its name is bound to in the same file. */
function functionOf(ts: TypeScript, expression: tsTypes.Expression): FunctionNode | undefined {
  const node = unwrap(ts, expression);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return node;
  return ts.isIdentifier(node) ? boundFunction(ts, node) : undefined;
}
