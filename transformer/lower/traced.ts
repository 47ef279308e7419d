/**
 * Where a value is made that does not show of what, the runtime makes it and takes note:
 *
 *   new Proxy(target, {})      new $.Proxy(target, {})
 *   f.bind(self, 1)            $.bind(f)(self, 1)
 *   sql`select ${id}`          $.tag("sql", sql)`select ${id}`
 *   db.sql`select ${id}`       $.tag("sql", db, "sql")`select ${id}`
 */
import type tsTypes from "typescript";
import { boundBy, isProxyName } from "../analyse/traced.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope } from "../ir.ts";
import type { Context } from "./context.ts";
import { beginsConstructor, copy, copyChildren } from "./copy.ts";
import { methodOf } from "./expressions.ts";
import { savedOf } from "./operands.ts";
import { quote } from "./text.ts";

/** `Proxy` where a proxy is made. */
export function lowerProxyName({ ts, analysis, facts, frame }: Context, node: tsTypes.Node): Rope | undefined {
  return isProxyName(ts, node, analysis.bindings, facts) ? `${frame}.Proxy` : undefined;
}

export function lowerBind(context: Context, node: tsTypes.CallExpression): Rope | undefined {
  const object = boundBy(context.ts, node);
  if (!object) return undefined;
  return [`${context.frame}.bind(`, copy(context, object), ")", copyChildren(context, node, node.arguments.pos - 1)];
}

export function lowerTagged(context: Context, node: tsTypes.TaggedTemplateExpression): Rope | undefined {
  const site = context.analysis.templates.get(node);
  if (site === undefined) return undefined;
  const called = [`${context.frame}.tag(${quote(site)}, `, tagOf(context, node.tag), ")"];
  const text: Rope = [called, copyChildren(context, node, node.template.getStart(context.file))];
  return beginsConstructor(context.ts, node) ? ["(", text, ")"] : text;
}

/** A function, or an object with the key of its method. */
function tagOf(context: Context, tag: tsTypes.Expression): Rope {
  const { ts, current } = context;
  const target = unwrap(ts, tag);
  if (savedOf(context, tag)) return copy(context, tag);
  if (!ts.isPropertyAccessExpression(target) && !ts.isElementAccessExpression(target)) return copy(context, tag);
  const object = copy(context, target.expression);
  if (current.temporaries.saved.get(target)?.role === "method") return methodOf(context, target, object, "method");
  const key = ts.isPropertyAccessExpression(target)
    ? quote(target.name.text)
    : copy(context, target.argumentExpression);
  return [object, ", ", key];
}
