/**
 * Chains of callbacks directly on an awaited step. The callbacks are lowered in place:
 *
 *   await step.run("a", f).catch((err) => step.run("undo", g));
 *
 *   try { if ($.in("undo")) throw $.again; await $.at("a", () => step.run("a", f)); }
 *   catch (err) { $.caught("catch", err, "undo"); await $.at("undo", () => step.run("undo", g)); }
 *
 * `deliver` is the statement that takes the chain's value.
 */
import type tsTypes from "typescript";
import { isConstant, mayBeEarly } from "../analyse/early.ts";
import { standardNames } from "../analyse/file-facts.ts";
import { isNothing } from "../analyse/inlining.ts";
import { finallyName } from "../analyse/paths.ts";
import { type Site, siteOf } from "../analyse/sites.ts";
import { rollbackSource } from "../analyse/tools.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Chain, ChainLink, Rope } from "../ir.ts";
import { assignedFrom } from "./assignments.ts";
import { sequence } from "./blocks.ts";
import { callbackLabels, type Deliver, lowerCallback, plainParameter } from "./callbacks.ts";
import { type Context, type Finalizer, labelsIn, live, type Place, reenters, textOf } from "./context.ts";
import { awaitAt, copy } from "./copy.ts";
import { exitThrough, lowerReturn } from "./jumps.ts";
import { quote } from "./text.ts";
import { passOn, tellCaught, wrapFinally } from "./try.ts";

/** A statement whose awaited value comes out of a chain; undefined when the statement holds none. */
export function lowerChainStatement(context: Context, node: tsTypes.Statement, place: Place): Rope | undefined {
  const { ts, analysis } = context;
  const expression = chainedValue(context, node);
  const awaited = expression && unwrap(ts, expression);
  if (!awaited || !analysis.suspensions.chains.has(awaited)) return undefined;
  const site = siteOf(ts, awaited, analysis.unit.fn, analysis.suspensions.inlined);
  return lowerAtSite(context, awaited, site as Site, place);
}

/** The expression of a statement that can be an awaited chain. */
function chainedValue({ ts }: Context, node: tsTypes.Statement): tsTypes.Expression | undefined {
  if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) return node.expression;
  if (!ts.isExpressionStatement(node)) return undefined;
  const expression = unwrap(ts, node.expression);
  return ts.isBinaryExpression(expression) ? expression.right : expression;
}

function lowerAtSite(context: Context, awaited: tsTypes.Expression, site: Site, place: Place): Rope {
  const { ts } = context;
  if (site.form === "discard") return lowerChain(context, awaited, place, (value) => (value ? [value, ";"] : ""));
  if (site.form === "return") {
    return lowerChain(context, awaited, place, (value, at) => lowerReturn(context, value ?? "undefined", at));
  }
  if (site.form === "assign" && ts.isIdentifier(site.target)) {
    const target = site.target;
    if (isAssignedLate(context, target, awaited)) return deliverLate(context, awaited, target, place);
    const slot = copy(context, target);
    const name = typeof slot === "object" && "start" in slot ? target.text : slotText(slot, target);
    return lowerChain(context, awaited, place, (value) => [`${name} = `, value ?? "undefined", ";"]);
  }
  if (site.form === "assign") return deliverLate(context, awaited, site.target, place);
  const result = context.names.fresh("result");
  const chain = lowerChain(context, awaited, place, (value) => [`${result} = `, value ?? "undefined", ";"]);
  return [`let ${result}; `, chain, ` throw ${result};`];
}

/** The target is assigned to behind the chain. */
function deliverLate(context: Context, awaited: tsTypes.Expression, target: tsTypes.Expression, place: Place): Rope {
  const result = context.names.fresh("result");
  const chain = lowerChain(context, awaited, place, (value) => [`${result} = `, value ?? "undefined", ";"]);
  return [`let ${result}; `, chain, " ;(", assignedFrom(context, target, result), ");"];
}

/** Whether the chain would see that its value is assigned: a callback by the name, a `catch` by what the assignment throws. */
function isAssignedLate(context: Context, target: tsTypes.Identifier, chain: tsTypes.Expression): boolean {
  const { ts, analysis } = context;
  const binding = analysis.bindings.byIdentifier.get(target);
  if (!binding || isConstant(binding) || mayBeEarly(ts, analysis.bindings, target, binding)) return true;
  return endsBehindValue(context, chain) || isDeclaredIn(context, target.text, chain);
}

/** Whether callbacks of the chain that do not suspend run behind its value: `.finally(() => log(total))`. */
export function endsBehindValue(context: Context, awaited: tsTypes.Expression): boolean {
  const chain = context.analysis.suspensions.chains.get(awaited);
  return (chain?.links ?? []).some(({ method, callbacks: [callback] }) => {
    return method === "finally" && callback !== undefined && callbackLabels(context, callback).length === 0;
  });
}

/** Whether a callback of a chain declares a name, so that the same name outside of it cannot be seen there. */
export function isDeclaredIn({ analysis }: Context, name: string, chain: tsTypes.Node): boolean {
  return analysis.bindings.all.some(
    (binding) => binding.name === name && binding.scope.node.pos >= chain.pos && binding.scope.node.end <= chain.end,
  );
}

/** The text of a copied name: the author's stretch can be used once only, a chain delivers in several places. */
function slotText(slot: Rope, target: tsTypes.Identifier): string {
  const [record] = slot as readonly Rope[];
  return `${record as string}${target.text}`;
}

export function lowerChain(context: Context, awaited: tsTypes.Expression, place: Place, deliver: Deliver): Rope {
  const chain = context.analysis.suspensions.chains.get(awaited) as Chain;
  const suspension = context.analysis.suspensions.byNode.get(awaited);
  const label = suspension?.label as string;
  const { before, base } = startOutside(context, chain);
  const links = chain.links.length - 1;
  if (before === "")
    return lowerLink(context, chain, links, place, deliver, () => awaitAt(context, label, chain.base, base));
  const inner: Place = { kind: "generated", outer: place };
  const parts = sequence(context, [
    { labels: innerLabels(context, chain), rope: before },
    {
      labels: labelsBelow(context, chain, chain.links.length),
      rope: lowerLink(context, chain, links, inner, deliver, () => awaitAt(context, label, chain.base, base)),
    },
  ]);
  return [`{ let ${base as string}; `, parts, " }"];
}

/**
 * What a call throws before its step exists is not caught by the chain, so arguments that can throw are evaluated in
 * front of it: `let started; if ($.live) started = step.run(id(), f);`
 */
function startOutside(context: Context, chain: Chain): { before: Rope; base: Rope } {
  const base = copy(context, chain.base);
  const labels = innerLabels(context, chain);
  if (labels.length === 0 && startsSafely(context, chain.base)) return { before: "", base };
  const started = context.names.fresh("started");
  const first = labels.length === 0 ? live(context) : `${live(context)} || ${reenters(context, labels)}`;
  return { before: [`if (${first}) ${started} = `, base, ";"], base: started };
}

/** Labels of what the arguments of the step suspend on. */
function innerLabels(context: Context, chain: Chain): readonly string[] {
  return labelsIn(context, chain.base);
}

/** Whether no argument of a tool call, or of a `.rollback(f)` behind it, can throw. */
function startsSafely(context: Context, call: tsTypes.CallExpression): boolean {
  const source = rollbackSource(context.ts, call);
  const isSafe = call.arguments.every((argument) => cannotThrow(context, argument));
  return isSafe && (!source || !context.ts.isCallExpression(source) || startsSafely(context, source));
}

function cannotThrow({ ts, analysis, facts }: Context, node: tsTypes.Expression): boolean {
  const inner = unwrap(ts, node);
  if (ts.isIdentifier(inner)) {
    const binding = analysis.bindings.byIdentifier.get(inner);
    if (binding) return !mayBeEarly(ts, analysis.bindings, inner, binding);
    return facts.declared.has(inner.text) || standardNames.has(inner.text);
  }
  return ts.isLiteralExpression(inner) || ts.isArrowFunction(inner) || ts.isFunctionExpression(inner);
}

type AwaitBase = () => Rope;

/** Link `position` and all inside it; below 0 stands the step itself. */
function lowerLink(
  context: Context,
  chain: Chain,
  position: number,
  place: Place,
  deliver: Deliver,
  base: AwaitBase,
): Rope {
  const link = chain.links[position];
  if (!link) return deliver(base(), place);
  const inside = (to: Deliver, at: Place) => lowerLink(context, chain, position - 1, at, to, base);
  if (link.method === "finally") return lowerFinally(context, chain, position, link, place, deliver, inside);
  if (link.method === "catch") return lowerCatchLink(context, link.callbacks[0], place, deliver, inside);
  return lowerThen(context, chain, position, place, deliver, inside);
}

type Inside = (deliver: Deliver, place: Place) => Rope;

function lowerCatchLink(
  context: Context,
  callback: tsTypes.Expression | undefined,
  place: Place,
  deliver: Deliver,
  inside: Inside,
): Rope {
  if (callback && isNothing(context.ts, unwrap(context.ts, callback))) return inside(deliver, place);
  const body = inside(deliver, place);
  if (!callback) {
    const error = context.names.fresh("$error");
    const ignored = deliver(undefined, place);
    return [
      "try { ",
      body,
      ` } catch (${error}) { ${passOn(context, error)}`,
      ignored === "" ? "" : [" ", ignored],
      " }",
    ];
  }
  return [
    "try {",
    throwAgain(context, callbackLabels(context, callback)),
    " ",
    body,
    " }",
    catchWith(context, callback, place, deliver),
  ];
}

function throwAgain(context: Context, labels: readonly string[]): string {
  return labels.length > 0 ? ` if (${reenters(context, labels)}) throw ${context.frame}.again;` : "";
}

function catchWith(context: Context, callback: tsTypes.Expression, place: Place, deliver: Deliver): Rope {
  const name = plainParameter(context, callback);
  const error = name ? name.text : context.names.fresh("$error");
  const otherwise = `throw ${error};`;
  const body = lowerCallback(
    context,
    callback,
    { argument: error, otherwise, isBound: name !== undefined },
    place,
    deliver,
  );
  return [" catch (", name ? textOf(context, name) : error, ") {", tells(context, callback, error), " ", body, " }"];
}

/** `.then(f)` runs f behind the step; `.then(f, g)` runs one of them, and g does not see what f throws. */
function lowerThen(
  context: Context,
  chain: Chain,
  position: number,
  place: Place,
  deliver: Deliver,
  inside: Inside,
): Rope {
  const [success, failure] = givenCallbacks(context, chain.links[position] as ChainLink);
  if (!success) return failure ? lowerCatchLink(context, failure, place, deliver, inside) : inside(deliver, place);
  const value = context.names.fresh("value");
  const inner: Place = { kind: "generated", outer: place };
  const first = inside((rope) => [`${value} = `, rope ?? "undefined", ";"], inner);
  const then = lowerCallback(context, success, { argument: value, otherwise: deliver(value, inner) }, inner, deliver);
  const done = failure ? context.names.fresh("done") : "";
  const start = failure ? orElse(context, first, failure, done, inner, deliver) : first;
  const labels = [...labelsBelow(context, chain, position), ...(failure ? callbackLabels(context, failure) : [])];
  const parts = sequence(context, [
    { labels, rope: start },
    { labels: callbackLabels(context, success), rope: ["{ ", then, " }"] },
  ]);
  return [done && `${done}: `, `{ let ${value}; `, parts, "}"];
}

/** `try { step } catch (error) { g; break done; }`: leaves the whole chain behind g. */
function orElse(
  context: Context,
  first: Rope,
  failure: tsTypes.Expression,
  done: string,
  place: Place,
  deliver: Deliver,
): Rope {
  const error = context.names.fresh("$error");
  const otherwise = `throw ${error};`;
  const handler = lowerCallback(context, failure, { argument: error, otherwise }, place, deliver);
  const again = throwAgain(context, callbackLabels(context, failure));
  const told = tells(context, failure, error);
  return ["try {", again, " ", first, ` } catch (${error}) {${told} `, handler, ` break ${done}; }`];
}

function tells(context: Context, callback: tsTypes.Expression, error: string): string {
  return tellCaught(context, unwrap(context.ts, callback), error, callbackLabels(context, callback));
}

function givenCallbacks({ ts }: Context, link: ChainLink): (tsTypes.Expression | undefined)[] {
  return link.callbacks.map((callback) => (callback && !isNothing(ts, unwrap(ts, callback)) ? callback : undefined));
}

/** Labels of the step and of the links inside link `position`. */
function labelsBelow(context: Context, chain: Chain, position: number): string[] {
  const { suspensions } = context.analysis;
  const labels = suspensions.all.filter(({ operand }) => operand === chain.base).map(({ label }) => label);
  for (const link of chain.links.slice(0, position)) {
    for (const callback of link.callbacks) if (callback) labels.push(...callbackLabels(context, callback));
  }
  return labels;
}

/** `.finally(f)`: f runs behind success and failure, and its value is dropped. */
function lowerFinally(
  context: Context,
  chain: Chain,
  position: number,
  link: ChainLink,
  place: Place,
  deliver: Deliver,
  inside: Inside,
): Rope {
  const [callback] = link.callbacks;
  if (!callback || isNothing(context.ts, unwrap(context.ts, callback))) return inside(deliver, place);
  const drop: Deliver = (value) => (value ? [value, ";"] : "");
  const labels = callbackLabels(context, callback);
  const run = (at: Place) => lowerCallback(context, callback, { argument: undefined, otherwise: "" }, at, drop);
  if (labels.length === 0) return ["try { ", inside(deliver, place), " } finally { ", run(place), " }"];
  const name = finallyName(labelsBelow(context, chain, position)[0] ?? "", chain, link);
  return wrapFinally(context, name, labels, place, {
    body: (inner, finalizer) => inside((value) => keepValue(context, finalizer, value, deliver), inner),
    cleanup: (outer) => ["{ ", run(outer), " }"],
  });
}

/** The chain's value waits as the pending completion while the callback of `.finally` suspends. */
function keepValue(context: Context, finalizer: Finalizer, value: Rope | undefined, deliver: Deliver): Rope {
  finalizer.exits.set("value", (outer) => [
    deliver(`${context.frame}.value(${quote(finalizer.name)})`, outer),
    " break;",
  ]);
  return exitThrough(context, finalizer, "value", value ?? "undefined");
}
