/**
 * The callback of a chain, lowered in place:
 *
 *   (err) => { log(err); return step.run("undo", g); }      log(err); x = await $.at("undo", () => step.run("undo", g));
 *   onError                                                 if ($.in("onError") || typeof onError === "function") {
 *                                                             x = await $.at("onError", () => onError(err));
 *                                                           } else { throw err; }
 */
import type tsTypes from "typescript";
import { heldBy } from "../analyse/analyse-unit.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope } from "../ir.ts";
import { endOf, lowerList } from "./blocks.ts";
import { lowerChain } from "./chains.ts";
import {
  type Context,
  type InlinedCallback,
  openRecord,
  type Place,
  reenters,
  slotName,
  slotScope,
} from "./context.ts";
import { copy } from "./copy.ts";
import { assignmentTarget, declaresNames, declaresSlots, onceOnly } from "./patterns.ts";
import { withResources } from "./resources.ts";
import { join, quote } from "./text.ts";

/** The statement that takes a chain's value, where `place` says; no value is `undefined`. */
export type Deliver = (value: Rope | undefined, place: Place) => Rope;

export interface CallbackCall {
  /** The variable that holds the argument; undefined for `.finally`. */
  readonly argument: string | undefined;
  /** What happens when the callback turns out not to be a function. */
  readonly otherwise: Rope;
  /** The only parameter is the argument's variable itself. */
  readonly isBound?: boolean;
}

type Inline = tsTypes.ArrowFunction | (tsTypes.FunctionExpression & { readonly body: tsTypes.Block });

function inlineOf(context: Context, callback: tsTypes.Expression): Inline | undefined {
  const fn = unwrap(context.ts, callback);
  return context.analysis.suspensions.inlined.has(fn) ? (fn as Inline) : undefined;
}

export function callbackLabels(context: Context, callback: tsTypes.Expression): string[] {
  const fn = inlineOf(context, callback);
  if (fn) return heldBy(context.analysis, fn).map(({ label }) => label);
  const named = context.analysis.suspensions.namedCallbacks.get(unwrap(context.ts, callback));
  return named ? [named.label] : [];
}

/** The parameter of an inline callback when it is one plain name that needs no slot. */
export function plainParameter(context: Context, callback: tsTypes.Expression): tsTypes.Identifier | undefined {
  const [parameter, ...others] = inlineOf(context, callback)?.parameters ?? [];
  if (!parameter || others.length > 0 || parameter.initializer || parameter.dotDotDotToken) return undefined;
  const { name } = parameter;
  return context.ts.isIdentifier(name) && !declaresSlots(context, name) ? name : undefined;
}

export function lowerCallback(
  context: Context,
  callback: tsTypes.Expression,
  call: CallbackCall,
  place: Place,
  deliver: Deliver,
): Rope {
  const fn = inlineOf(context, callback);
  return fn ? lowerInline(context, fn, call, place, deliver) : callByName(context, callback, call, place, deliver);
}

function callByName(
  context: Context,
  callback: tsTypes.Expression,
  { argument, otherwise }: CallbackCall,
  place: Place,
  deliver: Deliver,
): Rope {
  const name = unwrap(context.ts, callback) as tsTypes.Identifier;
  const label = context.analysis.suspensions.namedCallbacks.get(name)?.label as string;
  const binding = context.analysis.bindings.byIdentifier.get(name);
  const slot = binding && slotName(context, binding);
  const fn = slot ?? name.text;
  // No record is the `this` of a callback.
  const callee = slot ? `(0, ${slot})` : fn;
  const called = `await ${context.frame}.at(${quote(label)}, () => ${callee}(${argument ?? ""}))`;
  const isCalled = `${reenters(context, [label])} || typeof ${fn} === "function"`;
  return [`if (${isCalled}) { `, deliver(called, place), " } else { ", otherwise, " }"];
}

function lowerInline(context: Context, fn: Inline, call: CallbackCall, place: Place, deliver: Deliver): Rope {
  const opened = bindParameters(context, fn, call);
  if (!context.ts.isBlock(fn.body)) return [opened, lowerExpressionBody(context, fn.body, place, deliver)];
  const { statements } = fn.body;
  const last = statements[statements.length - 1];
  const callback: InlinedCallback = { deliver: (value) => deliver(value, place), label: undefined, last };
  const inner: Place = { kind: "callback", callback, outer: place };
  const [start, end] = [fn.body.getStart(context.file) + 1, fn.body.end - 1];
  const body = withResources(context, fn.body, inner, (place) => lowerList(context, statements, place, start, end));
  const rest = last && context.ts.isReturnStatement(last) ? "" : behind(context, last, deliver(undefined, place));
  return callback.label === undefined ? [opened, body, rest] : [`${callback.label}: { `, opened, body, rest, " }"];
}

/** Generated code behind the author's last statement. */
function behind({ ts }: Context, last: tsTypes.Statement | undefined, rest: Rope): Rope {
  return rest === "" ? "" : [endOf(ts, last), rest];
}

function lowerExpressionBody(context: Context, body: tsTypes.Expression, place: Place, deliver: Deliver): Rope {
  const awaited = unwrap(context.ts, body);
  if (context.analysis.suspensions.chains.has(awaited)) return lowerChain(context, awaited, place, deliver);
  return deliver(copy(context, body), place);
}

/** Parameters are bound like the elements of an array pattern: `const [err = none] = [$error];`. */
function bindParameters(context: Context, fn: Inline, { argument, isBound }: CallbackCall): Rope {
  const scope = slotScope(context, fn);
  const bindsSlots = fn.parameters.some((parameter) => declaresSlots(context, parameter.name));
  const isAssigned = bindsSlots || !fn.parameters.some(({ name }) => declaresNames(context, name));
  const values = argument === undefined ? "[]" : `[${argument}]`;
  const elements = fn.parameters.map(
    (parameter): Rope => [
      parameter.dotDotDotToken ? "..." : "",
      isAssigned ? assignmentTarget(context, parameter.name) : copy(context, parameter.name),
      parameter.initializer ? [" = ", copy(context, parameter.initializer)] : "",
    ],
  );
  const target: Rope = ["[", join(elements, ", "), `] = ${values};`];
  const record: Rope = scope ? [bindsSlots ? openRecord(context, scope, target) : openRecord(context, scope), " "] : "";
  if (bindsSlots || isBound || fn.parameters.length === 0) return record;
  if (isAssigned) return [record, onceOnly(context, [";", target]), " "];
  return [record, isReassigned(context, fn) ? "let " : "const ", target, " "];
}

/** Whether the callback assigns to a parameter. */
function isReassigned({ analysis }: Context, fn: Inline): boolean {
  const names = analysis.bindings.scopes.get(fn)?.names.values() ?? [];
  return [...names].some(({ kind, reassigned }) => kind === "param" && reassigned);
}
