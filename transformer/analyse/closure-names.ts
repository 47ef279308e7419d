/** Ids of the functions in a unit's table: what a stored closure is found by in later versions of the code. */
import type tsTypes from "typescript";
import { handlerOptions, unwrap } from "../discover/find-units.ts";
import type { Closure, TypeScript } from "../ir.ts";
import type { Closures } from "./closures.ts";
import { accessorKey, isProto, userOf } from "./functions.ts";
import { baseLabel, sourceOf } from "./labels.ts";
import type { Bindings } from "./scopes.ts";
import type { Suspensions } from "./suspensions.ts";
import { isAssignment } from "./targets.ts";
import { rollbackSource, type Tools, toolCall, withoutRollbacks } from "./tools.ts";

interface Input {
  readonly ts: TypeScript;
  readonly closures: Closures;
  readonly suspensions: Suspensions;
  readonly bindings: Bindings;
  readonly tools: Tools;
}

/**
 * A callback is called after its op's label, or its step when it is not awaited there; a rollback after its step's; other
 * closures after the name they are given. Within a nested function its name comes first. Ids that are equal get an ordinal with its total, as labels do.
 */
export function nameClosures({ ts, closures, suspensions, bindings, tools }: Input): void {
  const labels = new Map<tsTypes.Node, string>();
  for (const { operand, label } of suspensions.all) {
    if (operand) labels.set(withoutRollbacks(ts, unwrap(ts, operand)), label);
  }
  const isTool = (call: tsTypes.CallExpression) => toolCall(ts, call, bindings, tools) !== undefined;
  const inOrder = [...closures.records.values()].sort((a, b) => a.node.pos - b.node.pos || b.node.end - a.node.end);
  const groups = new Map<string, Closure[]>();
  const byGroup = new Map<
    Closure,
    { readonly around: Closure | undefined; readonly own: string; readonly group: Closure[] }
  >();
  for (const record of inOrder) {
    const own =
      rollbackName(ts, record.node, labels, isTool) ??
      (record.role === "callback" ? callbackName(ts, record.node, labels, isTool) : valueName(ts, record.node));
    const around = recordAround(record.node, closures);
    const key = `${around ? inOrder.indexOf(around) : -1} ${own}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(record);
    byGroup.set(record, { around, own, group });
  }
  // Code ids are put together with ids: these are of other units.
  const taken = new Set(handlerOptions);
  for (const [record, { around, own, group }] of byGroup) {
    const ordinal = group.length > 1 ? `#${group.indexOf(record) + 1}/${group.length}` : "";
    record.id = `${around ? `${around.id}/` : ""}${own}${ordinal}`;
    // Names may hold what ids are put together with: the later one is marked.
    while (taken.has(record.id)) record.id += "'";
    taken.add(record.id);
  }
}

function recordAround(node: tsTypes.Node, closures: Closures): Closure | undefined {
  for (let outer = node.parent; outer; outer = outer.parent) {
    const record = closures.records.get(outer);
    if (record) return record;
  }
  return undefined;
}

/** `book.rollback()` for `f` of `step.run("book", …).rollback(f)`. */
function rollbackName(
  ts: TypeScript,
  node: tsTypes.Node,
  labels: ReadonlyMap<tsTypes.Node, string>,
  isTool: (call: tsTypes.CallExpression) => boolean,
): string | undefined {
  const call = ts.isExpression(node) ? userOf(ts, node) : undefined;
  if (!call || !ts.isCallExpression(call) || call.expression === node || !rollbackSource(ts, call)) return undefined;
  const source = sourceOf(ts, call);
  return source && isTool(source) ? `${labels.get(source) ?? baseLabel(ts, source, isTool)}.rollback()` : undefined;
}

function callbackName(
  ts: TypeScript,
  node: tsTypes.Node,
  labels: ReadonlyMap<tsTypes.Node, string>,
  isTool: (call: tsTypes.CallExpression) => boolean,
): string {
  // A function of the author's own, given by name, keeps the name that it has.
  const suffix = ts.isFunctionLike(node) ? "" : "()";
  for (let outer = node.parent; outer; outer = outer.parent) {
    const label =
      labels.get(outer) ?? (ts.isCallExpression(outer) && isTool(outer) ? baseLabel(ts, outer, isTool) : undefined);
    if (label !== undefined) return label + suffix;
  }
  return `callback${suffix}`;
}

/**
 * Functions are called as the language calls them. One that it gives no name gets an id that ends with a parenthesis,
 * which tells the runtime to give it none.
 */
function valueName(ts: TypeScript, node: tsTypes.Node): string {
  if (ts.isGetAccessor(node) || ts.isSetAccessor(node)) {
    const kind = ts.isGetAccessor(node) ? "get" : "set";
    return ts.isComputedPropertyName(node.name) ? "()" : `${kind} ${accessorKey(ts, node.name)}`;
  }
  const { name } = node as tsTypes.FunctionExpression;
  if (name && ts.isIdentifier(name)) return name.text;
  let user = ts.isExpression(node) ? userOf(ts, node) : node.parent;
  const isArgument = ts.isCallExpression(user);
  if (isArgument) user = user.parent;
  const assigned = assignedName(ts, user);
  return assigned === undefined ? "()" : isArgument ? `${assigned}()` : assigned;
}

/** The name of what a value is given to. */
function assignedName(ts: TypeScript, user: tsTypes.Node): string | undefined {
  const isNamed =
    ts.isVariableDeclaration(user) ||
    ts.isPropertyAssignment(user) ||
    ts.isPropertyDeclaration(user) ||
    ts.isBindingElement(user) ||
    ts.isParameter(user);
  if (ts.isPropertyAssignment(user) && isProto(ts, user.name)) return undefined;
  if (isNamed) return idOfName(ts, user.name);
  if (ts.isShorthandPropertyAssignment(user)) return user.name.text;
  if (!ts.isBinaryExpression(user) || !isAssignment(ts, user)) return undefined;
  return ts.isIdentifier(user.left) ? user.left.text : undefined;
}

/** The name of a property or variable, when it can be the end of an id: the runtime names functions after these. */
function idOfName(ts: TypeScript, name: tsTypes.PropertyName | tsTypes.BindingName): string | undefined {
  const written = ts.isComputedPropertyName(name) ? name.expression : name;
  if (ts.isIdentifier(written) && written !== name) return undefined;
  if (ts.isBigIntLiteral(written)) return BigInt(written.text.slice(0, -1)).toString();
  const isPlain =
    ts.isIdentifier(written) ||
    ts.isPrivateIdentifier(written) ||
    ts.isStringLiteralLike(written) ||
    ts.isNumericLiteral(written);
  return isPlain && !/\/|[)']$/.test(written.text) ? written.text : undefined;
}
