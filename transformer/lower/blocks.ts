/**
 * Statement lists. A list that holds suspensions begins with a computed jump:
 *
 *   log("start");                 switch ($.pc) { case "":
 *   await step.run("a", f);         log("start");
 *   await step.run("b", g);       case "a":
 *                                   await $.at("a", () => step.run("a", f));
 *                                 case "b":
 *                                   await $.at("b", () => step.run("b", g)); }
 *
 * `$.pc` is "" while the function is live, so that normal execution falls through every case. Function declarations that stay
 * native stand in front of the jump.
 */
import type tsTypes from "typescript";
import { isNativeDeclaration, seenInList } from "../analyse/hoisted.ts";
import { startOf } from "../discover/nodes.ts";
import type { Rope, TypeScript } from "../ir.ts";
import { closureCall } from "./closures.ts";
import { type Context, isHolder, labelsIn, openRecord, type Place, slotName, slotScope } from "./context.ts";
import { withResources } from "./resources.ts";
import { isOverloadOfRecord, lowerStatement } from "./statements.ts";
import { join, quote, span } from "./text.ts";

/** `{ … }` */
export function lowerBlock(context: Context, block: tsTypes.Block, place: Place, before: Rope = ""): Rope {
  const scope = slotScope(context, block);
  const opened: Rope = scope ? [" ", openRecord(context, scope)] : "";
  const front = startOf(block, context.file);
  const start = front + 1;
  return [
    span(front, start),
    before,
    opened,
    withResources(context, block, place, (inner) => lowerList(context, block.statements, inner, start, block.end - 1)),
    span(block.end - 1, block.end),
  ];
}

/** Statements with the text between them; `from` and `to` bound the list in the source. */
export function lowerList(
  context: Context,
  statements: readonly tsTypes.Statement[],
  place: Place,
  from: number,
  to: number,
  hoisted: readonly Rope[] = hoistedClosures(context, statements),
): Rope {
  const owners = statements.filter((statement) => isHolder(context, statement));
  const needsSwitch = owners.length > 1 || (owners.length === 1 && (owners[0] !== statements[0] || hoisted.length > 0));
  const inner: Place = needsSwitch ? { kind: "generated", outer: place } : place;
  const moved = new Set(needsSwitch ? statements.filter((statement) => movesInFront(context, statement)) : []);
  const pieces = [
    inFront(context, moved, inner),
    needsSwitch ? ` switch (${context.frame}.pc) { case "":` : "",
    hoisted,
  ];
  let position = from;
  for (const statement of statements) {
    const labels = labelsIn(context, statement);
    const start = startOf(statement, context.file);
    pieces.push(span(position, start));
    if (needsSwitch && labels.length > 0) pieces.push(caseLabels(labels), "\n", lineIndent(context, statement));
    if (!moved.has(statement)) pieces.push(lowerStatement(context, statement, inner));
    position = statement.end;
  }
  pieces.push(span(position, to), needsSwitch ? (position < to ? "} " : " }") : "");
  return pieces;
}

/** A function declaration that sees nothing of its list but slots, see `analyse/hoisted.ts`. */
function movesInFront(context: Context, statement: tsTypes.Statement): boolean {
  const { ts, analysis } = context;
  const { closures, slots } = analysis;
  if (!isNativeDeclaration({ ts, closures }, statement) || isOverloadOfRecord(context, statement)) return false;
  return seenInList({ ts, closures }, statement).every((binding) => slots.all.has(binding));
}

/** Each begins a line; so does what follows them. */
function inFront(context: Context, moved: ReadonlySet<tsTypes.Statement>, place: Place): Rope {
  const lines = [...moved].map((statement): Rope => {
    return ["\n", lineIndent(context, statement), lowerStatement(context, statement, place)];
  });
  const [first] = moved;
  return first ? [lines, "\n", lineIndent(context, first).slice(1)] : "";
}

/** What ends the last statement of a list in front of generated code on its line: authors may leave the semicolon out. */
export function endOf(ts: TypeScript, statement: tsTypes.Statement | undefined): "" | "; " {
  if (!statement || statement.getText().endsWith(";")) return "";
  if (ts.isIfStatement(statement)) return endOf(ts, statement.elseStatement ?? statement.thenStatement);
  if (ts.isDoStatement(statement)) return "; ";
  if (ts.isIterationStatement(statement, false) || ts.isLabeledStatement(statement))
    return endOf(ts, statement.statement);
  const endsWithBrace =
    ts.isBlock(statement) ||
    ts.isTryStatement(statement) ||
    ts.isSwitchStatement(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement);
  return endsWithBrace ? "" : "; ";
}

function caseLabels(labels: readonly string[]): string {
  return labels.map((label) => `case ${quote(label)}:`).join(" ");
}

/** White space in front of a statement on its line. */
export function lineIndent({ file }: Context, statement: tsTypes.Node): string {
  const { text } = file;
  const start = startOf(statement, file);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  return /^\s*/.exec(text.slice(lineStart, start))?.[0] ?? "";
}

/** Function declarations that are records are made at the start of their list, as hoisting would. */
export function hoistedClosures(context: Context, statements: readonly tsTypes.Statement[]): Rope[] {
  const { ts, analysis } = context;
  const made: Rope[] = [];
  for (const statement of statements) {
    const record = analysis.closures.records.get(statement);
    if (!record || !ts.isFunctionDeclaration(statement) || !statement.name) continue;
    const binding = analysis.bindings.byIdentifier.get(statement.name);
    const slot = binding && slotName(context, binding);
    // Of several declarations the last one counts.
    if (slot && binding.closure === statement) made.push(` ${slot} = `, closureCall(context, record), ";");
  }
  return made;
}

/** A part of a statement that became several. */
export interface Part {
  readonly labels: readonly string[];
  readonly rope: Rope;
}

/**
 * Parts that run one after the other and replace one statement. Each owns the labels that it holds; the switch is
 * needed when a part behind the first owns any.
 */
export function sequence(context: Context, parts: readonly Part[]): Rope {
  if (parts.slice(1).every(({ labels }) => labels.length === 0)) {
    return join(
      parts.map(({ rope }) => rope),
      " ",
    );
  }
  const cases = parts.map(({ labels, rope }, position) => [
    position === 0 ? `case "": ${caseLabels(labels)} ` : `${caseLabels(labels)} `,
    rope,
    " ",
  ]);
  return [`switch (${context.frame}.pc) { `, cases, "}"];
}
