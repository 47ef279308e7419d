/**
 * Loops over a collection. A cursor when the loop suspends; the item goes to its slots while live.
 *
 *   for (const o of orders) …    for (const $o of $.each("o", () => orders)) { const v_o = $.scope("o", (v_o) => { v_o.o = $o; }); …
 *   for (const key in map) …     for (const key of $.keys("key", () => map)) …
 *
 * In an async generator, `for await (const o of $.eachAwaited("o", () => orders))`.
 */
import type tsTypes from "typescript";
import { isInAsyncGenerator } from "../analyse/generators.ts";
import { isForAwait } from "../analyse/resources.ts";
import { managedResources } from "../analyse/suspensions.ts";
import { isPatternLiteral } from "../analyse/targets.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope, TypeScript } from "../ir.ts";
import type { Part } from "./blocks.ts";
import { type Context, isHolder, labelsIn, openRecord, type Place, reenters, slotScope } from "./context.ts";
import { copy, thunk } from "./copy.ts";
import { assignPattern, declaresNames, declaresSlots, onceOnly } from "./patterns.ts";
import { nativeKeyword, taken, withResources } from "./resources.ts";
import { embedded } from "./statements.ts";
import { destructure } from "./suspending-patterns.ts";
import { quote } from "./text.ts";

export type EachLoop = tsTypes.ForOfStatement | tsTypes.ForInStatement;

/** What is done with the item of a turn in front of the body; `parts` suspend. */
export interface Binding {
  readonly before: Rope;
  readonly parts: readonly Part[];
}

export function lowerForEach(context: Context, node: EachLoop, place: Place): Rope {
  const { ts } = context;
  const { initializer, statement } = node;
  const held = isHolder(context, statement) || isHolder(context, initializer);
  const word = held || ts.isForOfStatement(node) ? "of" : "in";
  const { head, binding } = eachHead(context, node, held);
  const inside = [...labelsIn(context, initializer), ...labelsIn(context, statement)];
  const source = lowerSource(context, node, held ? toolOf(ts, node) : undefined, inside);
  const body = loopBody(context, node, binding, place);
  if (!isForAwait(ts, node)) return ["for (", head, ` ${word} `, source, ") ", body];
  // In an async generator the language awaits. Unless code of the loop is entered again, its place is not stored.
  const isPlain = !held && isInAsyncGenerator(ts, node, context.current.fn);
  return ["for await (", head, " of ", isPlain ? [`${context.frame}.over(`, source, ")"] : source, ") ", body];
}

/** The word for the cursor of a loop. */
type CursorTool = "each" | "keys" | "eachAwaited" | "iterate";

function toolOf(ts: TypeScript, node: EachLoop): CursorTool {
  if (!ts.isForOfStatement(node)) return "keys";
  return node.awaitModifier ? "eachAwaited" : "each";
}

/** The body of a turn, with what stands in front of it and what its head declares to be disposed of. */
export function loopBody(context: Context, node: EachLoop, { before, parts }: Binding, place: Place): Rope {
  const { statement } = node;
  if (!managedResources(node, context.analysis.suspensions)) {
    return embedded(context, statement, place, before, parts);
  }
  return ["{", before, " ", withResources(context, node, place, (inner) => embedded(context, statement, inner)), " }"];
}

/**
 * `$.each("order", () => orders)`; `$.eachOf("order", …)` when the collection itself suspends. `inside` are the labels
 * behind it. Without a tool it is what the author wrote.
 */
export function lowerSource(
  outer: Context,
  node: EachLoop,
  tool: CursorTool | undefined,
  inside: readonly string[],
): Rope {
  const own = slotScope(outer, node);
  const context = own ? { ...outer, outside: new Set([...outer.outside, own]) } : outer;
  const { expression } = node;
  if (!tool) return copy(context, expression);
  const name = quote(context.paths.get(node) as string);
  if (!isHolder(context, expression)) {
    const viewed = collectionView(context, expression);
    return [`${context.frame}.${tool}(${name}, `, viewed ?? thunk(context, expression, copy(context, expression)), ")"];
  }
  return [`${context.frame}.${tool}Of(${name}, ${reenters(context, inside)} || (`, copy(context, expression), "))"];
}

/** `map.keys()` as the collection of a loop: its place can be stored when the runtime knows what it goes over. */
export function collectionView(context: Context, expression: tsTypes.Expression): Rope | undefined {
  const { ts } = context;
  const call = unwrap(ts, expression);
  if (!ts.isCallExpression(call) || call.arguments.length > 0 || call.questionDotToken) return undefined;
  const callee = call.expression;
  if (!ts.isPropertyAccessExpression(callee) || callee.questionDotToken) return undefined;
  if (
    !["entries", "keys", "values"].includes(callee.name.text) ||
    callee.expression.kind === ts.SyntaxKind.SuperKeyword
  )
    return undefined;
  return [`() => ${context.frame}.entries(`, copy(context, callee.expression), `, ${quote(callee.name.text)})`];
}

function eachHead(context: Context, node: EachLoop, held: boolean): { head: Rope; binding: Binding } {
  const { ts } = context;
  const { initializer } = node;
  const isList = ts.isVariableDeclarationList(initializer);
  const name = isList ? initializer.declarations[0]?.name : undefined;
  const isBound = name ? declaresSlots(context, name) || (held && !declaresNames(context, name)) : held;
  if (!isBound) return { head: copy(context, initializer), binding: { before: "", parts: [] } };
  const item = context.names.fresh(name && ts.isIdentifier(name) ? `$${name.text}` : "$item");
  const keyword = (isList && nativeKeyword(context, initializer)) || "const";
  return { head: `${keyword} ${item}`, binding: bindItem(context, node, item, held) };
}

/** Gives an item to the names that the head declares, all slots, or to its target. */
export function bindItem(context: Context, node: EachLoop, item: string, held: boolean): Binding {
  const { ts } = context;
  const { initializer: head } = node;
  if (!ts.isVariableDeclarationList(head)) return assignItem(context, head, item);
  const [declaration] = head.declarations;
  if (!declaration) return { before: "", parts: [] };
  const scope = slotScope(context, node);
  const isScoped = scope !== undefined && (head.flags & ts.NodeFlags.BlockScoped) !== 0;
  if (isHolder(context, declaration.name)) {
    const part = { labels: labelsIn(context, declaration.name), rope: destructure(context, declaration.name, item) };
    return { before: isScoped ? [" ", openRecord(context, scope)] : "", parts: [part] };
  }
  const assigned = assignPattern(context, declaration.name, taken(context, declaration, item));
  const before: Rope = isScoped
    ? [" ", openRecord(context, scope, assigned)]
    : held
      ? onceOnly(context, assigned)
      : [" ", assigned];
  return { before, parts: [] };
}

/** `for (x of xs)`, `for (o.k in map)`: the target is assigned to, once per turn. */
function assignItem(context: Context, head: tsTypes.Expression, item: string): Binding {
  const labels = labelsIn(context, head);
  if (labels.length > 0) {
    const isPattern = isPatternLiteral(context.ts, head);
    const rope: Rope = isPattern ? destructure(context, head, item) : [copy(context, head), ` = ${item};`];
    return { before: "", parts: [{ labels, rope }] };
  }
  const target = copy(context, head);
  const isObject = context.ts.isObjectLiteralExpression(head);
  const assigned: Rope = isObject ? ["(", target, ` = ${item});`] : [target, ` = ${item};`];
  return { before: onceOnly(context, assigned), parts: [] };
}
