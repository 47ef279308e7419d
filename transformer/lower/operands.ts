/**
 * Operands that are kept in a temporary, because something behind them suspends:
 *
 *   price()            ($.live ? t.price = price() : t.price)
 *   await first()      ($.live || $.in("first") ? t.first = await $.at("first", …) : t.first)
 */
import type tsTypes from "typescript";
import type { Saved } from "../analyse/temporaries.ts";
import type { Rope } from "../ir.ts";
import { type Context, labelsIn, live, reenters, slotName } from "./context.ts";

/** The temporary of an operand, when it is one that takes the operand's place. */
export function savedOf(context: Context, node: tsTypes.Node): Saved | undefined {
  const saved = context.current.temporaries.saved.get(node);
  return saved && saved.role !== "method" && saved.role !== "old" ? saved : undefined;
}

/** The name of a temporary: `t.price`. */
export function temporary(context: Context, { name }: Saved): string {
  return `${context.temporaries}.${name}`;
}

/** `text` is the operand's own text; what is kept of it depends on its role. */
export function keep(context: Context, saved: Saved, node: tsTypes.Node, text: Rope): Rope {
  const labels = labelsIn(context, node);
  const first = labels.length > 0 ? `${live(context)} || ${reenters(context, labels)}` : live(context);
  const name = temporary(context, saved);
  const isList = context.ts.isBinaryExpression(node) && node.operatorToken.kind === context.ts.SyntaxKind.CommaToken;
  const kept = [`(${first} ? ${name} = `, taken(context, saved, node, isList ? ["(", text, ")"] : text), ` : ${name})`];
  return isMarkup(context, node) ? ["{", kept, "}"] : kept;
}

/** An element that stands in JSX without braces: `<p>one</p>` in `<div><p>one</p>{await two}</div>`. */
function isMarkup({ ts }: Context, { parent }: tsTypes.Node): boolean {
  return ts.isJsxElement(parent) || ts.isJsxFragment(parent) || ts.isJsxAttribute(parent);
}

function taken(context: Context, { role }: Saved, node: tsTypes.Node, text: Rope): Rope {
  if (role === "spread") return ["[...", text, "]"];
  if (role === "properties") return ["{ ...", text, " }"];
  if (role === "text") return ["`${", text, "}`"];
  return role === "key" ? [`${context.frame}.key(`, objectOf(context, node), ", ", text, ")"] : text;
}

/** The object whose property it is the key of: of null and undefined, the language does not convert a key. */
function objectOf(context: Context, key: tsTypes.Node): string {
  if (!context.ts.isElementAccessExpression(key.parent)) return "0";
  const { expression } = key.parent;
  const saved = savedOf(context, expression);
  if (saved) return temporary(context, saved);
  if (!context.ts.isIdentifier(expression)) return "0";
  const binding = context.analysis.bindings.byIdentifier.get(expression);
  return (binding && slotName(context, binding)) ?? expression.text;
}
