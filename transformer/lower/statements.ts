/** One statement: picks the rewrite of its construct. Statements without edits are copied as they are. */
import type tsTypes from "typescript";
import type { Rope } from "../ir.ts";
import { lowerForAwait } from "./awaited-loops.ts";
import { lowerBlock, type Part, sequence } from "./blocks.ts";
import { lowerChainStatement } from "./chains.ts";
import { type Breakable, type Context, type JumpTarget, labelsIn, type Place, textOf } from "./context.ts";
import { copy, copyChildren } from "./copy.ts";
import { lowerVariables } from "./declarations.ts";
import { lowerForEach } from "./each-loops.ts";
import { guardCondition } from "./expressions.ts";
import { lowerJump, lowerReturn } from "./jumps.ts";
import { hasHoistedHead, lowerDo, lowerFor, lowerWhile } from "./loops.ts";
import { lowerSwitch } from "./switch.ts";
import { span } from "./text.ts";
import { lowerTry } from "./try.ts";

export function lowerStatement(context: Context, node: tsTypes.Statement, place: Place): Rope {
  if (isOverloadOfRecord(context, node)) return "";
  if (!context.edited.has(node)) return textOf(context, node);
  const { ts } = context;
  if (ts.isBlock(node)) return lowerBlock(context, node, place);
  if (ts.isIfStatement(node)) return lowerIf(context, node, place);
  if (ts.isIterationStatement(node, false) || ts.isSwitchStatement(node)) return lowerTarget(context, node, place, []);
  if (ts.isLabeledStatement(node)) return lowerLabelled(context, node, place);
  if (ts.isTryStatement(node)) return lowerTry(context, node, place);
  if (ts.isBreakOrContinueStatement(node)) return lowerJump(context, node, place);
  if (ts.isFunctionDeclaration(node)) return context.analysis.closures.records.has(node) ? "" : copy(context, node);
  if (ts.isClassDeclaration(node)) return copy(context, node);
  if (ts.isVariableStatement(node)) return lowerVariables(context, node, place);
  const chain = lowerChainStatement(context, node, place);
  if (chain) return chain;
  if (ts.isReturnStatement(node)) {
    return lowerReturn(context, node.expression && copy(context, node.expression), place, node);
  }
  return copyChildren(context, node);
}

/** A signature whose function moves to the table. */
export function isOverloadOfRecord({ ts, analysis }: Context, node: tsTypes.Statement): boolean {
  if (!ts.isFunctionDeclaration(node) || node.body) return false;
  for (const fn of analysis.closures.records.keys()) {
    if (ts.isFunctionDeclaration(fn) && fn.parent === node.parent && fn.name?.text === node.name?.text) return true;
  }
  return false;
}

/** A loop or `switch`, with the label that jumps to it asked for. */
function lowerTarget(context: Context, node: tsTypes.Statement, place: Place, labels: readonly string[]): Rope {
  const { ts } = context;
  const isLoop = ts.isIterationStatement(node, false);
  const target: JumpTarget = { labels, isLoop, isBreakable: true, generated: undefined };
  const inner: Breakable = { kind: "breakable", node, target, outer: place };
  const rope = lowerBreakable(context, node, inner);
  if (labelsOnLoop(context, node)) return rope;
  return target.generated === undefined ? rope : [`${target.generated}: `, rope];
}

/** A loop that is not the first of its rewrite: its labels move to it. */
function labelsOnLoop(context: Context, node: tsTypes.Statement): boolean {
  if (context.analysis.suspensions.loops.has(node)) return true;
  return context.ts.isForStatement(node) && hasHoistedHead(context, node);
}

function lowerBreakable(context: Context, node: tsTypes.Statement, inner: Breakable): Rope {
  const { ts } = context;
  const awaited = context.analysis.suspensions.loops.get(node);
  if (awaited) return lowerForAwait(context, node as tsTypes.ForOfStatement, awaited, inner);
  if (ts.isForStatement(node)) return lowerFor(context, node, inner);
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) return lowerForEach(context, node, inner);
  if (ts.isWhileStatement(node)) return lowerWhile(context, node, inner);
  if (ts.isDoStatement(node)) return lowerDo(context, node, inner);
  return lowerSwitch(context, node as tsTypes.SwitchStatement, inner);
}

/** `a: b: for (…)`: all labels name the loop. A label on anything else is the target of `break` only. */
function lowerLabelled(context: Context, node: tsTypes.LabeledStatement, place: Place): Rope {
  const { ts } = context;
  const labels = [node.label.text];
  let inner = node.statement;
  while (ts.isLabeledStatement(inner)) {
    labels.push(inner.label.text);
    inner = inner.statement;
  }
  const front = span(node.getStart(context.file), inner.getStart(context.file));
  if (labelsOnLoop(context, inner)) return lowerTarget(context, inner, place, labels);
  if (ts.isIterationStatement(inner, false) || ts.isSwitchStatement(inner)) {
    return [front, lowerTarget(context, inner, place, labels)];
  }
  const target: JumpTarget = { labels, isLoop: false, isBreakable: false, generated: undefined };
  return [front, embedded(context, inner, { kind: "breakable", node: inner, target, outer: place })];
}

/**
 * A statement in a place that takes one statement: braces are added when the rewrite may give several. `parts` suspend
 * themselves, in front of it.
 */
export function embedded(
  context: Context,
  node: tsTypes.Statement,
  place: Place,
  before: Rope = "",
  parts: readonly Part[] = [],
): Rope {
  if (parts.length > 0) {
    const inner: Place = { kind: "generated", outer: place };
    const body = { labels: labelsIn(context, node), rope: embedded(context, node, inner) };
    return ["{", before, " ", sequence(context, [...parts, body]), " }"];
  }
  if (context.ts.isBlock(node))
    return context.edited.has(node) || before !== "" ? lowerBlock(context, node, place, before) : textOf(context, node);
  if (!context.edited.has(node) && before === "") return textOf(context, node);
  return ["{", before, " ", lowerStatement(context, node, place), " }"];
}

/**
 *   if (paid) A else B      if ($.live ? paid : $.in(labels of A)) A else B
 *   if (paid) A             if (!$.live || paid) A
 */
function lowerIf(context: Context, node: tsTypes.IfStatement, place: Place): Rope {
  const { expression, thenStatement, elseStatement } = node;
  const inThen = labelsIn(context, thenStatement);
  const inElse = labelsIn(context, elseStatement);
  const guarded = guardCondition(context, expression, inThen, inElse);
  const rest: Rope = elseStatement
    ? [span(thenStatement.end, elseStatement.getStart(context.file)), elseBranch(context, elseStatement, place)]
    : "";
  return [
    span(node.getStart(context.file), expression.getStart(context.file)),
    guarded,
    span(expression.end, thenStatement.getStart(context.file)),
    embedded(context, thenStatement, place),
    rest,
  ];
}

/** `else if` stays one: an `if` lowers to one statement. */
function elseBranch(context: Context, node: tsTypes.Statement, place: Place): Rope {
  return context.ts.isIfStatement(node) ? lowerStatement(context, node, place) : embedded(context, node, place);
}
