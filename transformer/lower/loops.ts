/**
 * Loops. A test, an update and a head are evaluated only while live; the records of a loop's scope are fresh per turn.
 *
 *   while (open) …              while (!$.live || (open)) …
 *   for (let i = 0; i < n; i++) for (let v_i = $.scope("i", (v_i) => { v_i.i = 0; }); !$.live || (v_i.i < n); v_i.i++)
 */
import type tsTypes from "typescript";
import { usingKeyword } from "../analyse/resources.ts";
import type { Rope, Scope } from "../ir.ts";
import { type Part, sequence } from "./blocks.ts";
import {
  type Breakable,
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
import { copy, copyOperand } from "./copy.ts";
import { assignmentTarget, assignPattern, declaresNames, declaresSlots } from "./patterns.ts";
import { nativeResource, taken, withResources } from "./resources.ts";
import { embedded } from "./statements.ts";
import { destructure } from "./suspending-patterns.ts";
import { join, span } from "./text.ts";

export function lowerWhile(context: Context, node: tsTypes.WhileStatement, place: Place): Rope {
  const { expression, statement } = node;
  return [
    span(node.getStart(context.file), expression.getStart(context.file)),
    guardTest(context, expression, labelsIn(context, statement)),
    span(expression.end, statement.getStart(context.file)),
    embedded(context, statement, place),
  ];
}

/** The body comes first: re-entering needs a guard only when the test suspends. */
export function lowerDo(context: Context, node: tsTypes.DoStatement, place: Place): Rope {
  const { expression, statement } = node;
  const inTest = labelsIn(context, expression);
  return [
    span(node.getStart(context.file), statement.getStart(context.file)),
    skipAt(context, inTest, embedded(context, statement, place)),
    span(statement.end, expression.getStart(context.file)),
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

export function lowerFor(context: Context, node: tsTypes.ForStatement, place: Breakable): Rope {
  const { initializer } = node;
  const scope = slotScope(context, node);
  if (!hasHoistedHead(context, node)) {
    return forLoop(context, node, place, initializer ? forHead(context, node, initializer, scope) : ";");
  }
  const { record, parts } = hoistedHead(context, node, scope);
  const rest = [node.condition, node.statement, node.incrementor].flatMap((part) => labelsIn(context, part));
  const loop = withResources(context, node, place.outer, (outer) => {
    const inner: Breakable = { ...place, outer };
    const rope = forLoop(context, node, inner, [firstTurn(context, node, scope), ";"]);
    return sequence(context, [...parts, { labels: rest, rope: [labelFor(inner), rope] }]);
  });
  return ["{ ", record, loop, " }"];
}

/** What the closures of a head in front of its loop capture is the variable of before the first turn. */
function firstTurn(context: Context, { initializer }: tsTypes.ForStatement, scope: Scope | undefined): Rope {
  const { ts } = context;
  if (!scope || !initializer || !ts.isVariableDeclarationList(initializer)) return "";
  if (!(initializer.flags & ts.NodeFlags.BlockScoped) || !isCapturedPerTurn(context, scope, initializer)) return "";
  return `${live(context)} && (${copyRecord(context, scope)})`;
}

/** A head that suspends, or whose resources are disposed of behind the loop, stands in front of it. */
export function hasHoistedHead(context: Context, { initializer }: tsTypes.ForStatement): boolean {
  const { ts } = context;
  if (labelsIn(context, initializer).length > 0) return true;
  if (!initializer || !ts.isVariableDeclarationList(initializer) || !usingKeyword(ts, initializer)) return false;
  return initializer.declarations.some(({ name }) => declaresSlots(context, name));
}

/** `head` ends with its semicolon. */
function forLoop(context: Context, node: tsTypes.ForStatement, place: Place, head: Rope): Rope {
  const { condition, incrementor, statement } = node;
  const inUpdate = labelsIn(context, incrementor);
  const behind = [...labelsIn(context, statement), ...inUpdate];
  const test: Rope = condition ? [" ", guardTest(context, condition, behind)] : "";
  const body = skipAt(context, inUpdate, embedded(context, statement, place));
  return ["for (", head, test, "; ", lowerUpdate(context, node, slotScope(context, node)), ") ", body];
}

/** The labels of a loop that is not the first of its rewrite. */
export function labelFor({ target }: Breakable): Rope {
  const { labels, generated } = target;
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

/** In front of the loop, `let i = await …` becomes the record and the parts that fill it. */
function hoistedHead(
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
  return nativeResource(context, declaration) ?? headValue(context, declaration);
}

/** Only a closure that outlives the turn can tell its record from that of the next; the callback of a step cannot. */
function isCapturedPerTurn(context: Context, scope: Scope, within?: tsTypes.Node): boolean {
  for (const record of context.analysis.closures.records.values()) {
    if (record.role === "callback" && !context.analysis.slots.escaping.has(record)) continue;
    if (within && !isInside(record.node, within)) continue;
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
  if (!slots && (guard === "" || head.declarations.some(({ name }) => declaresNames(context, name)))) {
    return [copy(context, head), ";"];
  }
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
  for (const { node } of analysis.closures.records.values()) if (isInside(node, head)) return true;
  return false;
}

function isInside(node: tsTypes.Node, around: tsTypes.Node): boolean {
  return node.pos >= around.pos && node.end <= around.end;
}

function headValue(context: Context, declaration: tsTypes.VariableDeclaration): Rope {
  if (declaration.initializer) {
    return assignPattern(
      context,
      declaration.name,
      taken(context, declaration, copy(context, declaration.initializer)),
    );
  }
  const isVar = !(declaration.parent.flags & context.ts.NodeFlags.BlockScoped);
  return isVar ? "" : [assignmentTarget(context, declaration.name), " = undefined;"];
}
