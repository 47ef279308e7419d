/**
 * Loops. A test, an update and a head are evaluated only while live; the records of a loop's scope are fresh per turn.
 *
 *   while (open) …              while (!$.live || (open)) …
 *   for (let i = 0; i < n; i++) for (let v_i = $.scope("i", (v_i) => { v_i.i = 0; }); !$.live || (v_i.i < n); v_i.i++)
 *   for (const o of orders) …   for (const o of $.each("o", () => orders)) …
 */
import type tsTypes from "typescript";
import type { Rope, Scope } from "../ir.ts";
import { type Context, isHolder, live, openRecord, type Place, recordOf, slotScope } from "./context.ts";
import { copy, copyOperand, thunk } from "./copy.ts";
import { assignmentTarget, assignPattern, declaresSlots } from "./patterns.ts";
import { embedded } from "./statements.ts";
import { join, quote, span } from "./text.ts";

export function lowerWhile(context: Context, node: tsTypes.WhileStatement, place: Place): Rope {
  const { expression, statement } = node;
  return [
    span(node.getStart(), expression.getStart()),
    guardTest(context, node, expression),
    span(expression.end, statement.getStart()),
    embedded(context, statement, place),
  ];
}

/** The body comes first: re-entering needs no guard. */
export function lowerDo(context: Context, node: tsTypes.DoStatement, place: Place): Rope {
  const { expression, statement } = node;
  return [
    span(node.getStart(), statement.getStart()),
    embedded(context, statement, place),
    span(statement.end, expression.getStart()),
    copy(context, expression),
    span(expression.end, node.end),
  ];
}

function guardTest(context: Context, loop: tsTypes.Node, test: tsTypes.Expression): Rope {
  return isHolder(context, loop) ? [`!${live(context)} || `, copyOperand(context, test)] : copy(context, test);
}

export function lowerFor(context: Context, node: tsTypes.ForStatement, place: Place): Rope {
  const { initializer, condition, incrementor, statement } = node;
  const scope = slotScope(context, node);
  const test: Rope = condition ? [" ", guardTest(context, node, condition)] : "";
  const copied = scope && isCapturedPerTurn(context, scope) ? copyRecord(context, scope) : "";
  const update: Rope = incrementor ? copy(context, incrementor) : "";
  return [
    "for (",
    initializer ? forHead(context, node, initializer, scope) : ";",
    test,
    "; ",
    copied,
    copied !== "" && incrementor ? ", " : "",
    update,
    ") ",
    embedded(context, statement, place),
  ];
}

/** Only a closure that outlives the turn can tell its record from that of the next; the callback of a step cannot. */
function isCapturedPerTurn(context: Context, scope: Scope): boolean {
  for (const record of context.analysis.closures.records.values()) {
    if (record.role === "callback") continue;
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
  if (scope && head.flags & ts.NodeFlags.BlockScoped) return openRecord(context, scope, values, "let");
  return [guard, "(() => { ", values, " })();"];
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
  const { initializer, expression, statement } = node;
  const held = isHolder(context, node);
  const tool = ts.isForOfStatement(node) ? "each" : "keys";
  const source = copy(context, expression);
  const cursor: Rope = held
    ? [
        `${context.frame}.${tool}(${quote(context.paths.get(node) as string)}, `,
        thunk(context, expression, source),
        ")",
      ]
    : source;
  const word = held || ts.isForOfStatement(node) ? "of" : "in";
  const { head, before } = eachHead(context, node, initializer, held);
  return ["for (", head, ` ${word} `, cursor, ") ", embedded(context, statement, place, before)];
}

function eachHead(
  context: Context,
  node: tsTypes.ForOfStatement | tsTypes.ForInStatement,
  head: tsTypes.ForInitializer,
  held: boolean,
): { head: Rope; before: Rope } {
  const { ts } = context;
  const scope = slotScope(context, node);
  if (!ts.isVariableDeclarationList(head)) return assignedHead(context, head, held);
  const [declaration] = head.declarations;
  if (!declaration || !declaresSlots(context, declaration.name)) return { head: copy(context, head), before: "" };
  const item = context.names.fresh(ts.isIdentifier(declaration.name) ? `$${declaration.name.text}` : "$item");
  const assigned = assignPattern(context, declaration.name, item);
  const isBlockScoped = scope && head.flags & ts.NodeFlags.BlockScoped;
  const before: Rope = isBlockScoped
    ? [" ", openRecord(context, scope, assigned)]
    : [held ? ` if (${live(context)}) { ` : " ", assigned, held ? " }" : ""];
  return { head: `const ${item}`, before };
}

/** `for (x of xs)`, `for (o.k in map)`: the target is assigned to, once per turn. */
function assignedHead(context: Context, head: tsTypes.Expression, held: boolean): { head: Rope; before: Rope } {
  if (!held) return { head: copy(context, head), before: "" };
  const item = context.names.fresh("$item");
  const target = copy(context, head);
  const isObject = context.ts.isObjectLiteralExpression(head);
  const assigned: Rope = isObject ? ["(", target, ` = ${item});`] : [target, ` = ${item};`];
  return { head: `const ${item}`, before: [` if (${live(context)}) { `, assigned, " }"] };
}
