/**
 * Loops. A test, an update and a head are evaluated only while live; the records of a loop's scope are fresh per turn.
 *
 *   while (open) …              while (!$.live || (open)) …
 *   for (let i = 0; i < n; i++) for (let v_i = $.scope("i", (v_i) => { v_i.i = 0; }); !$.live || (v_i.i < n); v_i.i++)
 *   for (const o of orders) …   for (const o of $.each("o", () => orders)) …
 */
import type tsTypes from "typescript";
import { isPatternLiteral } from "../analyse/targets.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope, Scope } from "../ir.ts";
import { type Part, sequence } from "./blocks.ts";
import {
  type Context,
  isHolder,
  labelsIn,
  live,
  newRecord,
  openRecord,
  type Place,
  recordOf,
  reenters,
  slotScope,
} from "./context.ts";
import { copy, copyOperand, thunk } from "./copy.ts";
import { assignmentTarget, assignPattern, declaresSlots } from "./patterns.ts";
import { embedded } from "./statements.ts";
import { destructure } from "./suspending-patterns.ts";
import { join, quote, span } from "./text.ts";

export function lowerWhile(context: Context, node: tsTypes.WhileStatement, place: Place): Rope {
  const { expression, statement } = node;
  return [
    span(node.getStart(), expression.getStart()),
    guardTest(context, expression, labelsIn(context, statement)),
    span(expression.end, statement.getStart()),
    embedded(context, statement, place),
  ];
}

/** The body comes first: re-entering needs a guard only when the test suspends. */
export function lowerDo(context: Context, node: tsTypes.DoStatement, place: Place): Rope {
  const { expression, statement } = node;
  const inTest = labelsIn(context, expression);
  return [
    span(node.getStart(), statement.getStart()),
    skipAt(context, inTest, embedded(context, statement, place)),
    span(statement.end, expression.getStart()),
    copy(context, expression),
    span(expression.end, node.end),
  ];
}

/** A body that is skipped when one of the labels behind it is re-entered. */
function skipAt(context: Context, labels: readonly string[], body: Rope): Rope {
  return labels.length === 0 ? body : [`{ if (!${reenters(context, labels)}) `, body, " }"];
}

/** A test that is not evaluated when the body, which follows it, is re-entered. */
function guardTest(context: Context, test: tsTypes.Expression, behind: readonly string[]): Rope {
  if (behind.length === 0) return copy(context, test);
  const again = isHolder(context, test) ? reenters(context, behind) : `!${live(context)}`;
  return [`${again} || `, copyOperand(context, test)];
}

export function lowerFor(context: Context, node: tsTypes.ForStatement, place: Place): Rope {
  const { initializer, condition, incrementor, statement } = node;
  const scope = slotScope(context, node);
  const inUpdate = labelsIn(context, incrementor);
  const behind = [...labelsIn(context, statement), ...inUpdate];
  const test: Rope = condition ? [" ", guardTest(context, condition, behind)] : "";
  const body = skipAt(context, inUpdate, embedded(context, statement, place));
  const hoisted = labelsIn(context, initializer).length > 0 ? suspendingHead(context, node, scope) : undefined;
  const head = hoisted || !initializer ? ";" : forHead(context, node, initializer, scope);
  const loop: Rope = ["for (", head, test, "; ", lowerUpdate(context, node, scope), ") ", body];
  if (!hoisted) return loop;
  const rest = { labels: [...labelsIn(context, condition), ...behind], rope: [labelFor(place), loop] };
  return ["{ ", hoisted.record, sequence(context, [...hoisted.parts, rest]), " }"];
}

/** The labels of a loop that is not the first of its rewrite. */
function labelFor(place: Place): Rope {
  if (place.kind !== "breakable") return "";
  const { labels, generated } = place.target;
  return [...labels, ...(generated === undefined ? [] : [generated])].map((label) => `${label}: `);
}

/** The update, behind the copy of the record that each turn gets. */
function lowerUpdate(context: Context, { incrementor }: tsTypes.ForStatement, scope: Scope | undefined): Rope {
  const update: Rope = incrementor ? copy(context, incrementor) : "";
  if (!scope || !isCapturedPerTurn(context, scope)) return update;
  const copied = copyRecord(context, scope);
  if (!incrementor) return copied;
  const labels = labelsIn(context, incrementor);
  return [labels.length > 0 ? `${reenters(context, labels)} || (${copied})` : copied, ", ", update];
}

/** A head that suspends stands in front of the loop: `let i = await …` becomes the record and the parts that fill it. */
function suspendingHead(
  context: Context,
  { initializer }: tsTypes.ForStatement,
  scope: Scope | undefined,
): { record: Rope; parts: Part[] } {
  const { ts } = context;
  if (!initializer || !ts.isVariableDeclarationList(initializer)) {
    return {
      record: "",
      parts: [{ labels: labelsIn(context, initializer), rope: initializer ? [copy(context, initializer), ";"] : "" }],
    };
  }
  const parts = initializer.declarations.map((declaration) => ({
    labels: labelsIn(context, declaration),
    rope: lowerDeclared(context, declaration),
  }));
  const isScoped = scope && initializer.flags & ts.NodeFlags.BlockScoped;
  return { record: isScoped ? [openRecord(context, scope, undefined, "let"), " "] : "", parts };
}

function lowerDeclared(context: Context, declaration: tsTypes.VariableDeclaration): Rope {
  if (isHolder(context, declaration.name) && declaration.initializer) {
    return destructure(context, declaration.name, copy(context, declaration.initializer));
  }
  return headValue(context, declaration);
}

/** Only a closure that outlives the turn can tell its record from that of the next; the callback of a step cannot. */
function isCapturedPerTurn(context: Context, scope: Scope): boolean {
  for (const record of context.analysis.closures.records.values()) {
    if (record.role === "callback" && !context.analysis.slots.escaping.has(record)) continue;
    for (const binding of record.captures) if (binding.scope === scope) return true;
  }
  return false;
}

function copyRecord(context: Context, scope: Scope): string {
  const record = recordOf(context, scope);
  return `${record} = ${context.frame}.copy(${record})`;
}

/** The head with its semicolon. */
function forHead(
  context: Context,
  node: tsTypes.ForStatement,
  head: tsTypes.ForInitializer,
  scope: Scope | undefined,
): Rope {
  const { ts } = context;
  const guard = isHolder(context, node) ? `${live(context)} && ` : "";
  if (!ts.isVariableDeclarationList(head))
    return guard ? [guard, "(", copy(context, head), ");"] : [copy(context, head), ";"];
  const slots = head.declarations.some((declaration) => declaresSlots(context, declaration.name));
  if (!slots) return [copy(context, head), ";"];
  const values = join(
    head.declarations.map((declaration) => headValue(context, declaration)),
    " ",
  );
  if (scope && head.flags & ts.NodeFlags.BlockScoped) {
    if (!makesClosures(context, head)) return openRecord(context, scope, values, "let");
    // What the head's closures capture is the variable of before the first turn.
    const record = recordOf(context, scope);
    const first = context.names.fresh(`${record}_head`);
    const copied = `${context.frame}.copy(${first})`;
    const turn = isHolder(context, node) ? `${live(context)} ? ${copied} : ${first}` : copied;
    return [`let ${first} = `, newRecord(context, scope, values), `, ${record} = ${turn};`];
  }
  return [guard, "(() => { ", values, " })();"];
}

function makesClosures({ analysis }: Context, head: tsTypes.Node): boolean {
  for (const { node } of analysis.closures.records.values())
    if (node.pos >= head.pos && node.end <= head.end) return true;
  return false;
}

function headValue(context: Context, declaration: tsTypes.VariableDeclaration): Rope {
  if (declaration.initializer) {
    return assignPattern(context, declaration.name, copy(context, declaration.initializer));
  }
  const isVar = !(declaration.parent.flags & context.ts.NodeFlags.BlockScoped);
  return isVar ? "" : [assignmentTarget(context, declaration.name), " = undefined;"];
}

/** `for…of` and `for…in`: a cursor when the loop suspends; the item goes to its slots while live. */
export function lowerForEach(
  context: Context,
  node: tsTypes.ForOfStatement | tsTypes.ForInStatement,
  place: Place,
): Rope {
  const { ts } = context;
  const { initializer, statement } = node;
  const held = isHolder(context, statement) || isHolder(context, initializer);
  const word = held || ts.isForOfStatement(node) ? "of" : "in";
  const { head, before, parts = [] } = eachHead(context, node, initializer, held);
  const source = lowerSource(context, node, held);
  return ["for (", head, ` ${word} `, source, ") ", embedded(context, statement, place, before, parts)];
}

/** `$.each("order", () => orders)`; `$.eachOf("order", …)` when the collection itself suspends. */
function lowerSource(outer: Context, node: tsTypes.ForOfStatement | tsTypes.ForInStatement, held: boolean): Rope {
  const own = slotScope(outer, node);
  const context = own ? { ...outer, outside: new Set([...outer.outside, own]) } : outer;
  const { expression, initializer, statement } = node;
  if (!held && !isHolder(context, expression)) return copy(context, expression);
  const tool = context.ts.isForOfStatement(node) ? "each" : "keys";
  const name = quote(context.paths.get(node) as string);
  if (!isHolder(context, expression)) {
    const viewed = collectionView(context, expression);
    return [`${context.frame}.${tool}(${name}, `, viewed ?? thunk(context, expression, copy(context, expression)), ")"];
  }
  const source = copy(context, expression);
  if (!held) return source;
  const inside = [...labelsIn(context, initializer), ...labelsIn(context, statement)];
  return [`${context.frame}.${tool}Of(${name}, ${reenters(context, inside)} || (`, source, "))"];
}

/** `map.keys()` as the collection of a loop: its place can be stored when the runtime knows what it goes over. */
function collectionView(context: Context, expression: tsTypes.Expression): Rope | undefined {
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

function eachHead(
  context: Context,
  node: tsTypes.ForOfStatement | tsTypes.ForInStatement,
  head: tsTypes.ForInitializer,
  held: boolean,
): { head: Rope; before: Rope; parts?: readonly Part[] } {
  const { ts } = context;
  const scope = slotScope(context, node);
  if (!ts.isVariableDeclarationList(head)) return assignedHead(context, head, held);
  const [declaration] = head.declarations;
  if (!declaration || !declaresSlots(context, declaration.name)) return { head: copy(context, head), before: "" };
  const item = context.names.fresh(ts.isIdentifier(declaration.name) ? `$${declaration.name.text}` : "$item");
  if (isHolder(context, declaration.name)) {
    const isScoped = scope && head.flags & ts.NodeFlags.BlockScoped;
    const part = { labels: labelsIn(context, declaration.name), rope: destructure(context, declaration.name, item) };
    return { head: `const ${item}`, before: isScoped ? [" ", openRecord(context, scope)] : "", parts: [part] };
  }
  const assigned = assignPattern(context, declaration.name, item);
  const isBlockScoped = scope && head.flags & ts.NodeFlags.BlockScoped;
  const before: Rope = isBlockScoped
    ? [" ", openRecord(context, scope, assigned)]
    : [held ? ` if (${live(context)}) { ` : " ", assigned, held ? " }" : ""];
  return { head: `const ${item}`, before };
}

/** `for (x of xs)`, `for (o.k in map)`: the target is assigned to, once per turn. */
function assignedHead(
  context: Context,
  head: tsTypes.Expression,
  held: boolean,
): { head: Rope; before: Rope; parts?: readonly Part[] } {
  if (!held) return { head: copy(context, head), before: "" };
  const item = context.names.fresh("$item");
  const labels = labelsIn(context, head);
  if (labels.length > 0) {
    const isPattern = isPatternLiteral(context.ts, head);
    const rope: Rope = isPattern ? destructure(context, head, item) : [copy(context, head), ` = ${item};`];
    return { head: `const ${item}`, before: "", parts: [{ labels, rope }] };
  }
  const target = copy(context, head);
  const isObject = context.ts.isObjectLiteralExpression(head);
  const assigned: Rope = isObject ? ["(", target, ` = ${item});`] : [target, ` = ${item};`];
  return { head: `const ${item}`, before: [` if (${live(context)}) { `, assigned, " }"] };
}
