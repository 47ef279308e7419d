/**
 * `for await`. Each turn suspends for the next result, a loop that is left early for the end of its iterator:
 *
 *   for await (const row of rows()) …
 *
 *   { fin: try { if ($.begin("row", "row.return")) break fin;
 *     for ($.iterate("row", () => rows()); $.in("a") || $.turn("row", await $.advance("row", "row.next")); ) {
 *       const v_row = $.scope("row", (v_row) => { v_row.row = $.item("row"); }); …
 *   } } catch ($error) { $.exit("row", "throw", $error); }
 *   try { if ($.leaves("row", "row.return")) $.left("row", await $.leave("row", "row.return")); }
 *   catch ($error) { $.failed("row", $error); }
 *   switch ($.completion("row")) { case "throw": throw $.value("row"); } }
 */
import type tsTypes from "typescript";
import type { AwaitedLoop } from "../analyse/suspensions.ts";
import { isPatternLiteral } from "../analyse/targets.ts";
import type { Rope } from "../ir.ts";
import { lineIndent } from "./blocks.ts";
import { type Breakable, type Context, isHolder, labelsIn, type Place, reenters } from "./context.ts";
import { type Binding, bindItem, loopBody, lowerSource } from "./each-loops.ts";
import { labelFor } from "./loops.ts";
import { quote } from "./text.ts";
import { mayOvertake, wrapFinally } from "./try.ts";

export function lowerForAwait(
  context: Context,
  node: tsTypes.ForOfStatement,
  { next, end }: AwaitedLoop,
  place: Breakable,
): Rope {
  const { frame } = context;
  const name = quote(context.paths.get(node) as string);
  const leaving = `${name}, ${quote(end.label)}`;
  const error = context.names.fresh("$error");
  const indent = `\n${lineIndent(context, node)}`;
  const parts = {
    body: (outer: Place) => {
      const inner: Breakable = { ...place, outer };
      const inside = [...labelsIn(context, node.initializer), ...labelsIn(context, node.statement)];
      const source = lowerSource(context, node, "iterate", [next.label, ...inside]);
      const again = inside.length > 0 ? `${reenters(context, inside)} || ` : "";
      const turn = `${frame}.turn(${name}, await ${frame}.advance(${name}, ${quote(next.label)}))`;
      const body = loopBody(context, node, awaitedItem(context, node, name), inner);
      return [labelFor(inner), "for (", source, `; ${again}${turn}; ) `, body];
    },
    overtaken: mayOvertake(context.ts, node.statement),
    cleanup: () =>
      `try { if (${frame}.leaves(${leaving})) ${frame}.left(${name}, await ${frame}.leave(${leaving})); } ` +
      `catch (${error}) { ${frame}.failed(${name}, ${error}); }`,
  };
  return wrapFinally(context, context.paths.get(node) as string, [end.label], place.outer, parts, indent);
}

/** The frame has the item. A target that suspends asks for it when it is re-entered. */
function awaitedItem(context: Context, node: tsTypes.ForOfStatement, name: string): Binding {
  const { initializer: head } = node;
  const { ts } = context;
  const isKept = isHolder(context, head) && !ts.isVariableDeclarationList(head) && !isPatternLiteral(ts, head);
  const item = `${context.frame}.item(${name}${isKept ? ", true" : ""})`;
  return bindItem(context, node, item, true);
}
