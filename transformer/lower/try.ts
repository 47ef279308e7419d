/**
 * `try`. A `catch` that suspends is re-entered by throwing a placeholder as the first act of the `try`; what the author
 * caught is in its record by then:
 *
 *   try { A } catch (err) { B }     try { if ($.in(labels of B)) throw $.again; A }
 *                                   catch ($err) { $.caught("catch", $err, labels of B);
 *                                     const v_catch = $.scope("catch", (v_catch) => { v_catch.err = $err; }); B }
 *
 * `$.caught` tells what B is for: should it fail, the run says so beside the error.
 *
 * A `catch` without a binding does not catch cancellation, which a suspension may throw:
 *
 *   try { await … } catch { B }     try { await … } catch ($error) { $.passOn($error); B }
 *
 * A `finally` that suspends cannot stay one: its body is skipped with the pending completion, which is dispatched behind
 * it:
 *
 *   try { A } finally { C }         fin: try { if ($.begin("finally", labels of C)) break fin; A }
 *                                   catch ($error) { $.exit("finally", "throw", $error); }
 *                                   C
 *                                   switch ($.completion("finally")) { case "return": …; case "throw": throw $.value("finally"); }
 *
 * `return(value)` of a generator comes out of a `yield` and is recorded too; that nothing else left the body, it says:
 *
 *   A                               A $.exit("finally", "next"); } catch ($error) { … } finally { if ($.left("finally")) break fin; }
 *
 * What a way out passes may overtake it: an inner `finally` that throws, or jumps elsewhere. Then the body ends as if it
 * had not been taken, and an inner `finally` keeps what is pending apart from what is overtaken in itself:
 *
 *   A                               A $.exit("finally", "next");
 *   finally { D }                   finally { const $left = $.exits(); D $.exitAs($left); }
 */
import type tsTypes from "typescript";
import { isGenerator, isInAsyncGenerator } from "../analyse/generators.ts";
import { usingKeyword } from "../analyse/resources.ts";
import type { Rope, Scope } from "../ir.ts";
import { lowerBlock, sequence } from "./blocks.ts";
import {
  type Context,
  type Finalizer,
  isHolder,
  labelsIn,
  openRecord,
  type Place,
  reenters,
  slotScope,
} from "./context.ts";
import { copy } from "./copy.ts";
import { lowerReturn } from "./jumps.ts";
import { assignPattern, declaresNames, declaresSlots, onceOnly } from "./patterns.ts";
import { destructure } from "./suspending-patterns.ts";
import { quote, span } from "./text.ts";

export function lowerTry(context: Context, node: tsTypes.TryStatement, place: Place): Rope {
  const { finallyBlock } = node;
  const labels = labelsIn(context, finallyBlock);
  if (!finallyBlock || labels.length === 0) return lowerCatching(context, node, place);
  const name = context.paths.get(node) as string;
  return wrapFinally(context, name, labels, place, {
    body: (inner) =>
      node.catchClause ? lowerCatching(context, node, inner) : lowerBlock(context, node.tryBlock, inner),
    overtaken: mayOvertake(context.ts, node.tryBlock) || mayOvertake(context.ts, node.catchClause),
    cleanup: (outer) => lowerBlock(context, finallyBlock, outer),
  });
}

/** Everything but a `finally` that suspends. */
function lowerCatching(context: Context, node: tsTypes.TryStatement, place: Place): Rope {
  const { tryBlock, catchClause, finallyBlock } = node;
  const native = finallyBlock && labelsIn(context, finallyBlock).length === 0 ? finallyBlock : undefined;
  const inCatch = labelsIn(context, catchClause);
  const again = inCatch.length > 0 ? ` if (${reenters(context, inCatch)}) throw ${context.frame}.again;` : "";
  const pieces: Rope[] = [
    span(node.getStart(context.file), tryBlock.getStart(context.file)),
    lowerBlock(context, tryBlock, place, again),
  ];
  if (catchClause) {
    pieces.push(span(tryBlock.end, catchClause.getStart(context.file)), lowerCatch(context, catchClause, place));
  }
  if (native) {
    const from = (catchClause ?? tryBlock).end;
    pieces.push(span(from, native.getStart(context.file)), lowerNativeFinally(context, native, place));
  }
  return pieces;
}

function lowerNativeFinally(context: Context, block: tsTypes.Block, place: Place): Rope {
  if (!isInFinalizer(place) || !mayOvertake(context.ts, block))
    return lowerBlock(context, block, place, wakes(context, block));
  const left = context.names.fresh("$left");
  const { frame } = context;
  return [
    `{${wakes(context, block)} const ${left} = ${frame}.exits(); `,
    lowerBlock(context, block, place),
    ` ${frame}.exitAs(${left}); }`,
  ];
}

function isInFinalizer(place: Place): boolean {
  if (place.kind === "unit") return false;
  return place.kind === "finally" || isInFinalizer(place.outer);
}

/** Whether a way out of some code may meet a `finally`, the end of an iterator or that of a resource. */
export function mayOvertake(ts: Context["ts"], node: tsTypes.Node | undefined): boolean {
  if (!node || ts.isFunctionLike(node) || ts.isClassLike(node)) return false;
  if (ts.isForOfStatement(node) || (ts.isTryStatement(node) && node.finallyBlock)) return true;
  if (ts.isVariableDeclarationList(node) && usingKeyword(ts, node)) return true;
  return ts.forEachChild(node, (child) => mayOvertake(ts, child) || undefined) ?? false;
}

function lowerCatch(context: Context, node: tsTypes.CatchClause, place: Place): Rope {
  const scope = slotScope(context, node);
  const parameter = node.variableDeclaration;
  const opened: Rope = scope ? [" ", openRecord(context, scope)] : "";
  if (!parameter) return lowerUnboundCatch(context, node, place, opened);
  const { name } = parameter;
  const head = span(node.getStart(context.file), parameter.getStart(context.file));
  const end = span(parameter.end, node.block.getStart(context.file));
  const isEvaluatedOnce = isHolder(context, node) && !declaresNames(context, name);
  if (!isEvaluatedOnce && (!scope || !declaresSlots(context, name))) {
    const told = context.ts.isIdentifier(name) ? tellCaught(context, node, name.text) : wakes(context, node);
    return [head, copy(context, parameter), end, lowerBlock(context, node.block, place, [told, opened])];
  }
  const caught = context.names.fresh(context.ts.isIdentifier(name) ? `$${name.text}` : "$error");
  if (isHolder(context, name)) return lowerSuspendingCatch(context, node, parameter, scope, caught, place);
  const assigned = assignPattern(context, name, caught);
  const bound: Rope = scope ? [" ", openRecord(context, scope, assigned)] : onceOnly(context, assigned);
  return [head, caught, end, lowerBlock(context, node.block, place, [tellCaught(context, node, caught), bound])];
}

/** ` $.wakes();` where the code of an async generator may go on that was thrown into, or asked to return. */
function wakes({ ts, frame, current }: Context, handler: tsTypes.Node): string {
  return isInAsyncGenerator(ts, handler, current.fn) ? ` ${frame}.wakes();` : "";
}

/** ` $.caught("catch", $err, "undo");` in front of code that handles an error, if it suspends. */
export function tellCaught(
  context: Context,
  handler: tsTypes.Node,
  error: string,
  labels: readonly string[] = labelsIn(context, handler),
): string {
  if (isGenerator(context.current.fn)) return wakes(context, handler);
  if (labels.length === 0) return "";
  const [name, ...rest] = [context.paths.get(handler) as string, ...labels].map(quote);
  return ` ${context.frame}.caught(${[name, error, ...rest].join(", ")});`;
}

function lowerUnboundCatch(context: Context, node: tsTypes.CatchClause, place: Place, opened: Rope): Rope {
  const head = span(node.getStart(), node.block.getStart());
  // What a generator stands for cannot be cancelled.
  if (isGenerator(context.current.fn))
    return [head, lowerBlock(context, node.block, place, [wakes(context, node), opened])];
  const passes = isHolder(context, node.parent.tryBlock);
  if (!passes && !isHolder(context, node)) return [head, lowerBlock(context, node.block, place, opened)];
  const error = context.names.fresh("$error");
  const first = [passes ? ` ${passOn(context, error)}` : "", tellCaught(context, node, error), opened];
  return [head, `(${error}) `, lowerBlock(context, node.block, place, first)];
}

/** The first act of a `catch` that does not ask for the error. */
export function passOn({ frame }: Context, error: string): string {
  return `${frame}.passOn(${error});`;
}

/** `catch ({ code = await … }) { … }` */
function lowerSuspendingCatch(
  context: Context,
  node: tsTypes.CatchClause,
  { name }: tsTypes.VariableDeclaration,
  scope: Scope | undefined,
  caught: string,
  place: Place,
): Rope {
  const inner: Place = { kind: "generated", outer: place };
  const parts = sequence(context, [
    { labels: labelsIn(context, name), rope: destructure(context, name, caught) },
    { labels: labelsIn(context, node.block), rope: lowerBlock(context, node.block, inner) },
  ]);
  const record: Rope = scope ? [openRecord(context, scope), " "] : "";
  return [`catch (${caught}) {${tellCaught(context, node, caught)} `, record, parts, " }"];
}

/** The rewrite of a suspending `finally`, for whatever ends like one. `gap` stands between its parts. */
export function wrapFinally(
  context: Context,
  name: string,
  labels: readonly string[],
  place: Place,
  parts: {
    body: (inner: Place, finalizer: Finalizer) => Rope;
    /** Whether a way out of the body may be overtaken. */
    overtaken?: boolean;
    cleanup: (outer: Place) => Rope;
  },
  gap = " ",
): Rope {
  const finalizer: Finalizer = { label: context.names.fresh("fin"), name, exits: new Map() };
  const body = parts.body({ kind: "finally", finalizer, outer: place }, finalizer);
  const error = context.names.fresh("$error");
  const { frame } = context;
  const yields = isGenerator(context.current.fn);
  const left = yields ? ` finally { if (${frame}.left(${quote(name)})) break ${finalizer.label}; }` : "";
  if (yields) finalizer.exits.set("return", (outer) => lowerReturn(context, `${frame}.value(${quote(name)})`, outer));
  const begin = `${frame}.begin(${[name, ...labels].map(quote).join(", ")})`;
  return [
    `{ ${finalizer.label}: try { if (${begin}) break ${finalizer.label};${gap}`,
    body,
    yields || (parts.overtaken && finalizer.exits.size > 0) ? ` ${frame}.exit(${quote(name)}, "next");` : "",
    `${gap}} catch (${error}) { ${frame}.exit(${quote(name)}, "throw", ${error}); }${left}${gap}`,
    parts.cleanup(place),
    gap,
    dispatch(context, finalizer, place),
    " }",
  ];
}

/** How each way out of the body goes on behind the `finally`. */
function dispatch(context: Context, finalizer: Finalizer, place: Place): Rope {
  const { frame } = context;
  const name = quote(finalizer.name);
  const inner: Place = { kind: "generated", outer: place };
  const cases = [...finalizer.exits].map(([kind, goOn]) => [` case ${quote(kind)}: `, goOn(inner)]);
  return [`switch (${frame}.completion(${name})) {`, cases, ` case "throw": throw ${frame}.value(${name}); }`];
}
