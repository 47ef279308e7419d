/**
 * Optional chains that suspend behind a `?.`. What stands in front of it is evaluated once and decides for the whole rest:
 *
 *   order?.items.push(await s)
 *
 *   ($.in("s") || (t.order = order) != null) ? $.method(t, "push", …t.order.items…, "push")(await $.at("s", …)) : undefined
 */
import type tsTypes from "typescript";
import { userOf } from "../analyse/functions.ts";
import { isChainLink } from "../analyse/temporaries.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope } from "../ir.ts";
import { type Context, labelsIn, reenters } from "./context.ts";
import { copy, copyChildren, copyUnsaved, detachedCallee, nameText } from "./copy.ts";
import { methodOf, ownerOf } from "./expressions.ts";
import { keep, savedOf, temporary } from "./operands.ts";

type Link = tsTypes.PropertyAccessExpression | tsTypes.ElementAccessExpression | tsTypes.CallExpression;

/** The value in front of a link, as text and as the node that it comes from. */
interface Before {
  readonly rope: Rope;
  readonly node: tsTypes.Expression;
  /** Its temporary, if it has one, was set already. */
  readonly isKept: boolean;
}

export function lowerOptionalChain(context: Context, root: Link): Rope {
  const links: Link[] = [];
  let node: tsTypes.Expression = root;
  while (isChainLink(context.ts, node)) {
    links.unshift(node);
    node = node.expression;
    while (context.ts.isNonNullExpression(node) && isChainLink(context.ts, node.expression)) node = node.expression;
  }
  const [first] = links;
  let detached: Rope | undefined;
  if (first && context.ts.isCallExpression(first)) {
    const method = optionalMethod(context, first, node);
    if (method) return follow(context, links, 1, { rope: method, node: first, isKept: false }, false);
    detached = detachedCallee(context, node);
  }
  return follow(context, links, 0, { rope: detached ?? copyUnsaved(context, node), node, isKept: false }, false);
}

/** `o.m?.(await s)`: the method is fetched once, and decides whether the arguments are evaluated. */
function optionalMethod(context: Context, call: tsTypes.CallExpression, callee: tsTypes.Expression): Rope | undefined {
  const target = unwrap(context.ts, callee) as tsTypes.PropertyAccessExpression;
  if (context.current.temporaries.saved.get(target)?.role !== "method") return undefined;
  const method = methodOf(context, target, ownerOf(context, target), "methodIf");
  return [method, "?.", copyChildren(context, call, call.arguments.pos - 1)];
}

/** Labels in what the links from `from` on evaluate: arguments and keys. */
function labelsFrom(context: Context, links: readonly Link[], from: number): string[] {
  return links.slice(from).flatMap((link) => {
    if (context.ts.isCallExpression(link)) return link.arguments.flatMap((argument) => labelsIn(context, argument));
    return context.ts.isElementAccessExpression(link) ? labelsIn(context, link.argumentExpression) : [];
  });
}

/** `decided`: the `?.` of link `from` was taken care of. */
function follow(context: Context, links: readonly Link[], from: number, before: Before, decided: boolean): Rope {
  const { ts } = context;
  const link = links[from];
  if (!link) return before.rope;
  const later = labelsFrom(context, links, from);
  if (later.length === 0)
    return follow(context, links, from + 1, plain(context, link, current(context, before)), false);
  if (link.questionDotToken && !decided && !ts.isCallExpression(link)) {
    return decide(context, links, from, before, later);
  }
  const next = links[from + 1];
  if (!ts.isCallExpression(link) && next && ts.isCallExpression(next) && context.current.temporaries.saved.has(link)) {
    return follow(context, links, from + 2, callMethod(context, link, next, before), false);
  }
  return follow(context, links, from + 1, plain(context, link, current(context, before), decided), false);
}

/** The text in front of a link; kept when something in the link suspends. */
function current(context: Context, { rope, node, isKept }: Before): Rope {
  const saved = savedOf(context, node);
  return saved && !isKept ? keep(context, saved, node, rope) : rope;
}

function plain(context: Context, link: Link, object: Rope, decided = false): Before {
  const { ts } = context;
  const isOptional = link.questionDotToken !== undefined && !decided;
  const dot = isOptional ? "?." : "";
  let rope: Rope;
  if (ts.isCallExpression(link)) rope = [object, dot, copyChildren(context, link, link.arguments.pos - 1)];
  else if (ts.isElementAccessExpression(link)) rope = [object, dot, "[", copy(context, link.argumentExpression), "]"];
  else rope = [object, isOptional ? "?." : ".", link.name.text];
  return { rope, node: link, isKept: false };
}

function decide(
  context: Context,
  links: readonly Link[],
  from: number,
  before: Before,
  later: readonly string[],
): Rope {
  const saved = savedOf(context, before.node);
  const value: Rope = saved ? [`(${temporary(context, saved)} = `, before.rope, ")"] : before.rope;
  const name = saved ? temporary(context, saved) : nameText(context, unwrap(context.ts, before.node));
  const rest = follow(context, links, from, { rope: name, node: before.node, isKept: true }, true);
  const { ts } = context;
  const root = links[links.length - 1] as Link;
  const isDeleted = ts.isDeleteExpression(userOf(ts, root));
  const [word, otherwise] = isDeleted ? ["delete ", "true"] : ["", "undefined"];
  return [`((${reenters(context, later)} || `, value, ` != null) ? ${word}`, rest, ` : ${otherwise})`];
}

function callMethod(context: Context, link: Link, call: tsTypes.CallExpression, before: Before): Before {
  const isOptional = call.questionDotToken !== undefined;
  const method = methodOf(context, link, current(context, before), isOptional ? "methodIf" : "method");
  const rope: Rope = [method, isOptional ? "?." : "", copyChildren(context, call, call.arguments.pos - 1)];
  return { rope, node: call, isKept: false };
}
