/**
 * Finds the suspensions of a unit: every `await`, and what is awaited without the word (`return step.run(…)`, the
 * result of a callback that is lowered in place). Records which callbacks are lowered in place and which functions are
 * nested; reports what the compiler does not translate.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { Chain, Suspension, TypeScript, Unit } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import { type Bindings, isErased, isReference } from "./scopes.ts";
import { chainOf, type Tools, toolCall } from "./tools.ts";

/** A function, or what has variables and a `this` of its own like one. */
export type NestedFunction = tsTypes.FunctionLikeDeclaration | tsTypes.ClassStaticBlockDeclaration;

export interface Suspensions {
  /** In source order. */
  readonly all: Suspension[];
  /** By the awaited node: the `await` expression or the expression awaited implicitly. */
  readonly byNode: ReadonlyMap<tsTypes.Node, Suspension>;
  /** Chains with at least one link, by the same node. */
  readonly chains: ReadonlyMap<tsTypes.Node, Chain>;
  /** Callbacks lowered in place. */
  readonly inlined: ReadonlyMap<tsTypes.Node, "catch" | "then" | "finally">;
  /** Functions (and static blocks) nested directly in the unit, callbacks lowered in place left out. */
  readonly nested: readonly NestedFunction[];
  /** Calls of callbacks given by name, awaited in the chain: `.catch(handler)`. */
  readonly namedCallbacks: ReadonlyMap<tsTypes.Expression, Suspension>;
  /** Calls whose value is returned from a `try`: adopted by the caller, not awaited there. */
  readonly adopted: ReadonlySet<tsTypes.Node>;
  /** Nodes that hold a suspension, themselves included, with the suspensions in source order. */
  readonly holders: ReadonlyMap<tsTypes.Node, readonly Suspension[]>;
}

interface State {
  readonly ts: TypeScript;
  readonly unit: Unit;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly report: Reporter;
  readonly all: Suspension[];
  readonly byNode: Map<tsTypes.Node, Suspension>;
  readonly chains: Map<tsTypes.Node, Chain>;
  readonly inlined: Map<tsTypes.Node, "catch" | "then" | "finally">;
  readonly nested: NestedFunction[];
  readonly namedCallbacks: Map<tsTypes.Expression, Suspension>;
  readonly adopted: Set<tsTypes.Node>;
}

/** Where the walk stands. In a `try`, a returned promise would bypass the handlers. */
interface Place {
  readonly inCallback: boolean;
  readonly inTry: boolean;
}

export function findSuspensions(
  ts: TypeScript,
  unit: Unit,
  bindings: Bindings,
  tools: Tools,
  report: Reporter,
): Suspensions {
  const state: State = {
    ts,
    unit,
    bindings,
    tools,
    report,
    all: [],
    byNode: new Map(),
    chains: new Map(),
    inlined: new Map(),
    nested: [],
    namedCallbacks: new Map(),
    adopted: new Set(),
  };
  const { body } = unit.fn;
  const place: Place = { inCallback: false, inTry: false };
  if (body && ts.isBlock(body)) ts.forEachChild(body, (child) => visit(state, child, place));
  else if (body) visitResult(state, body as tsTypes.Expression, place);
  return { ...state, holders: findHolders(state) };
}

function visit(state: State, node: tsTypes.Node, place: Place): void {
  const { ts } = state;
  if (isErased(ts, node)) return;
  if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) {
    state.nested.push(node as NestedFunction);
  } else if (ts.isAwaitExpression(node)) {
    visitAwaited(state, node, node.expression, place);
  } else if (ts.isReturnStatement(node) && node.expression) {
    visitResult(state, node.expression, place);
  } else if (ts.isTryStatement(node)) {
    visitTry(state, node, place);
  } else {
    ts.forEachChild(node, (child) => visit(state, child, place));
  }
}

/** A promise returned from a `try` that has a handler is not awaited there. */
function visitTry(state: State, node: tsTypes.TryStatement, place: Place): void {
  visit(state, node.tryBlock, { ...place, inTry: true });
  if (node.catchClause) visit(state, node.catchClause, node.finallyBlock ? { ...place, inTry: true } : place);
  if (node.finallyBlock) visit(state, node.finallyBlock, place);
}

function visitAwaited(state: State, node: tsTypes.Expression, expression: tsTypes.Expression, place: Place): void {
  const chain = chainOf(state.ts, expression, state.bindings, state.tools);
  if (chain && chain.links.length > 0) visitChain(state, node, chain, place);
  else {
    suspend(state, node, expression);
    state.ts.forEachChild(expression, (child) => visit(state, child, place));
    if (state.ts.isFunctionLike(expression)) state.nested.push(expression as NestedFunction);
  }
}

function suspend(state: State, node: tsTypes.Expression, operand: tsTypes.Expression): Suspension {
  const suspension: Suspension = { node, operand, label: "" };
  state.all.push(suspension);
  state.byNode.set(node, suspension);
  return suspension;
}

function visitChain(state: State, node: tsTypes.Expression, chain: Chain, place: Place): void {
  const { ts } = state;
  suspend(state, node, chain.base);
  state.chains.set(node, chain);
  ts.forEachChild(chain.base, (child) => visit(state, child, place));
  for (const link of chain.links) {
    for (const callback of link.callbacks) {
      if (callback) visitCallback(state, callback, link.method);
    }
  }
}

function visitCallback(state: State, callback: tsTypes.Expression, method: "catch" | "then" | "finally"): void {
  const { ts } = state;
  const fn = unwrap(ts, callback);
  if (canInline(ts, fn)) {
    state.inlined.set(fn, method);
    const scope = state.bindings.scopes.get(fn);
    if (scope) scope.inlined = true;
    const place: Place = { inCallback: true, inTry: false };
    for (const parameter of fn.parameters) visit(state, parameter, place);
    if (ts.isBlock(fn.body)) ts.forEachChild(fn.body, (child) => visit(state, child, place));
    else visitResult(state, fn.body, place);
  } else if (isStablePath(state, fn)) {
    const suspension: Suspension = { node: fn, operand: fn, label: "" };
    state.all.push(suspension);
    state.namedCallbacks.set(fn, suspension);
  } else if (!isNothing(ts, fn)) {
    state.report.error("callback-not-inline", callback, { method });
  }
}

/** An arrow function, or a function expression that uses nothing of its own call. */
function canInline(
  ts: TypeScript,
  node: tsTypes.Expression,
): node is tsTypes.ArrowFunction | (tsTypes.FunctionExpression & { body: tsTypes.Block }) {
  if (ts.isArrowFunction(node)) return true;
  if (!ts.isFunctionExpression(node) || node.asteriskToken || node.name) return false;
  return !usesOwnCall(ts, node.body);
}

/** `this`, `arguments`, `new.target` or `super` outside nested functions that have their own. */
export function usesOwnCall(ts: TypeScript, node: tsTypes.Node): boolean {
  if (node.kind === ts.SyntaxKind.ThisKeyword || node.kind === ts.SyntaxKind.SuperKeyword) return true;
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.NewKeyword) return true;
  if (ts.isIdentifier(node)) return node.text === "arguments" && isReference(ts, node);
  if (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) return false;
  return ts.forEachChild(node, (child) => usesOwnCall(ts, child)) ?? false;
}

/** A name or a path of names that nothing in the unit reassigns: its value can be read late. */
function isStablePath(state: State, node: tsTypes.Expression): boolean {
  const { ts } = state;
  if (ts.isPropertyAccessExpression(node)) return isStablePath(state, node.expression);
  if (!ts.isIdentifier(node) || node.text === "undefined") return false;
  const binding = state.bindings.byIdentifier.get(node);
  return binding === undefined || !binding.reassigned;
}

/** `undefined` or `null` as a callback: passes through. */
export function isNothing(ts: TypeScript, node: tsTypes.Expression): boolean {
  return node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === "undefined");
}

/** The value of a `return` or of an expression body: async functions await it. */
function visitResult(state: State, expression: tsTypes.Expression, place: Place): void {
  const { ts } = state;
  const value = unwrap(ts, expression);
  if (ts.isAwaitExpression(value) || !isAwaitedResult(state, value, place)) {
    visit(state, expression, place);
    return;
  }
  if (place.inTry) {
    if (toolCall(ts, chainOf(ts, value, state.bindings, state.tools)?.base ?? value, state.bindings, state.tools)) {
      state.report.error("return-in-try", expression, {});
    }
    if (ts.isCallExpression(value)) state.adopted.add(expression);
    visit(state, expression, place);
    return;
  }
  visitAwaited(state, expression, expression, place);
}

/** In a callback every value that may be a promise is awaited here; in the unit itself only calls are. */
function isAwaitedResult(state: State, value: tsTypes.Expression, place: Place): boolean {
  const { ts } = state;
  if (ts.isCallExpression(value)) return value.expression.kind !== ts.SyntaxKind.SuperKeyword;
  if (!place.inCallback) return false;
  return (
    (ts.isIdentifier(value) && value.text !== "undefined") ||
    ts.isPropertyAccessExpression(value) ||
    ts.isElementAccessExpression(value) ||
    ts.isConditionalExpression(value) ||
    ts.isNewExpression(value) ||
    (ts.isBinaryExpression(value) && isLogical(ts, value.operatorToken.kind))
  );
}

function isLogical(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  const { SyntaxKind } = ts;
  return (
    kind === SyntaxKind.BarBarToken ||
    kind === SyntaxKind.AmpersandAmpersandToken ||
    kind === SyntaxKind.QuestionQuestionToken ||
    kind === SyntaxKind.CommaToken ||
    kind === SyntaxKind.EqualsToken
  );
}

function findHolders(state: State): Map<tsTypes.Node, Suspension[]> {
  const holders = new Map<tsTypes.Node, Suspension[]>();
  for (const suspension of state.all) {
    for (let node: tsTypes.Node = suspension.node; ; node = node.parent) {
      const held = holders.get(node);
      if (held) held.push(suspension);
      else holders.set(node, [suspension]);
      if (node === state.unit.fn || !node.parent) break;
    }
  }
  return holders;
}
