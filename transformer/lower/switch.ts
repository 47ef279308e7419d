/**
 * `switch`. While live, the author's tests decide, in order; re-entering, the clause that holds the label is chosen and
 * no test of the author runs:
 *
 *   switch (kind) {               switch ($.live ? kind : $.here) {
 *     case "card": …                case $.in("charge") ? $.here : "card": …
 *     case mine(): …                case $.live ? mine() : $.in("pay") ? $.here : $.never: …
 *     case other(): …               case $.live ? other() : $.never: …
 *   }
 *
 * A `default` that holds the label is reached because nothing else matches.
 */
import type tsTypes from "typescript";
import type { Rope } from "../ir.ts";
import { hoistedClosures, lowerList } from "./blocks.ts";
import { type Context, isHolder, labelsIn, live, openRecord, type Place, reenters, slotScope } from "./context.ts";
import { copy, copyBranch } from "./copy.ts";
import { span } from "./text.ts";

export function lowerSwitch(context: Context, node: tsTypes.SwitchStatement, place: Place): Rope {
  const { expression, caseBlock } = node;
  const held = isHolder(context, caseBlock);
  const scope = slotScope(context, caseBlock);
  const clauses: Rope[] = [];
  let position = caseBlock.getStart(context.file);
  for (const clause of caseBlock.clauses) {
    clauses.push(span(position, clause.getStart(context.file)), lowerClause(context, clause, place, held));
    position = clause.end;
  }
  const rope: Rope = [
    span(node.getStart(context.file), expression.getStart(context.file)),
    held ? guardDiscriminant(context, node) : copy(context, expression),
    span(expression.end, caseBlock.getStart(context.file)),
    clauses,
    span(position, node.end),
  ];
  if (!scope) return rope;
  const hoisted = caseBlock.clauses.flatMap(({ statements }) => hoistedClosures(context, statements));
  const made: Rope = hoisted.length === 0 ? "" : held ? [`if (${live(context)}) {`, hoisted, " } "] : [hoisted, " "];
  return ["{ ", openRecord(context, scope), " ", made, rope, " }"];
}

/** Re-entering a clause, nothing of the author's is compared; re-entering a test, what the tests are compared with. */
function guardDiscriminant(context: Context, { expression, caseBlock }: tsTypes.SwitchStatement): Rope {
  const { frame } = context;
  const bodies = caseBlock.clauses.flatMap(({ statements }) =>
    statements.flatMap((statement) => labelsIn(context, statement)),
  );
  const isCompared = caseBlock.clauses.some(
    (clause) => context.ts.isCaseClause(clause) && isHolder(context, clause.expression),
  );
  if (!isCompared && !isHolder(context, expression))
    return [`${live(context)} ? `, copyBranch(context, expression), ` : ${frame}.here`];
  // A discriminant that is kept prints its own guard; one that is not can be evaluated again.
  const value = copyBranch(context, expression);
  return bodies.length > 0 ? [`${reenters(context, bodies)} ? ${frame}.here : `, value] : value;
}

function lowerClause(context: Context, clause: tsTypes.CaseOrDefaultClause, place: Place, held: boolean): Rope {
  const { ts } = context;
  const labels = clause.statements.flatMap((statement) => labelsIn(context, statement));
  const start = clause.getStart(context.file);
  const bodyStart = clauseBodyStart(context, clause);
  const head: Rope = ts.isCaseClause(clause)
    ? [
        span(start, clause.expression.getStart(context.file)),
        held ? guardCase(context, clause.expression, labels) : copy(context, clause.expression),
        span(clause.expression.end, bodyStart),
      ]
    : span(start, bodyStart);
  return [head, lowerList(context, clause.statements, place, bodyStart, clause.end, [])];
}

/** A test that is not a literal runs only while live, whether or not its clause holds labels. */
function guardCase(context: Context, test: tsTypes.Expression, labels: readonly string[]): Rope {
  const text = copyBranch(context, test);
  const { frame } = context;
  if (context.ts.isLiteralExpression(test)) {
    return labels.length > 0 ? [`${reenters(context, labels)} ? ${frame}.here : `, text] : text;
  }
  const otherwise = labels.length > 0 ? `${reenters(context, labels)} ? ${frame}.here : ` : "";
  const inTest = labelsIn(context, test);
  if (inTest.length > 0)
    return [otherwise, `${live(context)} || ${reenters(context, inTest)} ? `, text, ` : ${frame}.never`];
  return [`${live(context)} ? `, text, ` : ${otherwise}${frame}.never`];
}

/** Behind the colon: the last token in front of the first statement. */
function clauseBodyStart({ ts }: Context, clause: tsTypes.CaseOrDefaultClause): number {
  const colon = clause.getChildren().find((child) => child.kind === ts.SyntaxKind.ColonToken);
  return colon ? colon.end : clause.end;
}
