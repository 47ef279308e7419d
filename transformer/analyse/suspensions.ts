/**
 * Finds the suspensions of a unit and of the durable functions nested in it: every `await`, in generators every `yield`, and what is awaited without
 * the word (`return step.run(…)`, the result of a callback that is lowered in place). Records which callbacks are lowered
 * in place and which functions are nested.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { Chain, FunctionNode, NestedFunction, Suspension, TypeScript, Unit } from "../ir.ts";
import { combinator } from "./combinators.ts";
import { loopConstruct } from "./enclosing.ts";
import type { FileFacts } from "./file-facts.ts";
import { isAsync, isDurable } from "./functions.ts";
import { bindsAtCall, isGenerator, isGeneratorMethod, isStoredGenerator, isUsedUp, staysNative } from "./generators.ts";
import { mayBeHandle } from "./handles.ts";
import { canInline, isNothing, isStableName } from "./inlining.ts";
import { findResources, isForAwait, type ResourceScope, resourceName } from "./resources.ts";
import type { Bindings } from "./scopes.ts";
import { siteOf } from "./sites.ts";
import { Stops } from "./stops.ts";
import { chainOf, givesTool, type Tools } from "./tools.ts";
import { isUntouched } from "./untouched.ts";

export interface Suspensions {
  /** In source order. */
  readonly all: Suspension[];
  /** By the awaited node: the `await` expression or the expression awaited implicitly. */
  readonly byNode: ReadonlyMap<tsTypes.Node, Suspension>;
  /** Chains with at least one link, by the same node. */
  readonly chains: ReadonlyMap<tsTypes.Node, Chain>;
  /** Callbacks lowered in place. */
  readonly inlined: ReadonlyMap<tsTypes.Node, "catch" | "then" | "finally">;
  /** The functions with frames: the unit's own first, then the async and generator functions nested in it, in source order of their beginnings. */
  readonly owners: readonly FunctionNode[];
  /** Functions and static blocks nested in the unit at any depth, callbacks lowered in place left out. */
  readonly nested: readonly NestedFunction[];
  /** Calls of callbacks given by name, awaited in the chain: `.catch(handler)`. */
  readonly namedCallbacks: ReadonlyMap<tsTypes.Node, Suspension>;
  /** Returned values that may be handles and are not awaited where they stand: the call settles as they do. */
  readonly adopted: ReadonlySet<tsTypes.Node>;
  /** The `for await` loops of durable functions, with what they await. */
  readonly loops: ReadonlyMap<tsTypes.Node, AwaitedLoop>;
  /** Where a generator stands whose parameters were bound at the call. */
  readonly starts: ReadonlyMap<FunctionNode, Suspension>;
  /** What the ends of resources await, by the node that holds the resources. */
  readonly disposals: ReadonlyMap<tsTypes.Node, Suspension>;
  /** What is disposed of at one end, by the block or loop. */
  readonly resources: ReadonlyMap<tsTypes.Node, ResourceScope>;
  /** Nodes that hold a suspension, themselves included, with the suspensions in source order. */
  readonly holders: ReadonlyMap<tsTypes.Node, readonly Suspension[]>;
}

/** A `for await`: each next result is awaited, and that the iterator closes when the loop is left early. */
export interface AwaitedLoop {
  readonly next: Suspension;
  readonly end: Suspension;
}

export interface SuspensionsInput {
  readonly ts: TypeScript;
  readonly unit: Unit;
  /** As in `Analysis`. */
  readonly nodes: Nodes;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly imports: PackageImports;
  readonly facts: FileFacts;
}

interface State extends SuspensionsInput {
  readonly stops: Stops;
  readonly all: Suspension[];
  readonly byNode: Map<tsTypes.Node, Suspension>;
  readonly chains: Map<tsTypes.Node, Chain>;
  readonly inlined: Map<tsTypes.Node, "catch" | "then" | "finally">;
  readonly owners: FunctionNode[];
  readonly nested: NestedFunction[];
  readonly namedCallbacks: Map<tsTypes.Node, Suspension>;
  readonly adopted: Set<tsTypes.Node>;
  readonly loops: Map<tsTypes.Node, AwaitedLoop>;
  readonly starts: Map<FunctionNode, Suspension>;
  readonly disposals: Map<tsTypes.Node, Suspension>;
  readonly resources: ReadonlyMap<tsTypes.Node, ResourceScope>;
  readonly holders: Map<tsTypes.Node, Suspension[]>;
}

/** Where the walk stands. */
interface Place {
  /** The durable function; undefined in a function that stays native. */
  readonly owner: FunctionNode | undefined;
  /** In a callback that is lowered in place. */
  readonly inCallback: boolean;
  /** A `return` leaves a `try`, resources or a loop over an iterator, which end before the returned promise is settled. */
  readonly inside: boolean;
}

function insideOf({ owner, inCallback }: Place): Place {
  return { owner, inCallback, inside: true };
}

export function findSuspensions({ ts, unit, nodes, bindings, tools, imports, facts }: SuspensionsInput): Suspensions {
  const state: State = {
    ts,
    unit,
    nodes,
    bindings,
    tools,
    imports,
    facts,
    stops: new Stops(ts, nodes),
    all: [],
    byNode: new Map(),
    chains: new Map(),
    inlined: new Map(),
    owners: [],
    nested: [],
    namedCallbacks: new Map(),
    adopted: new Set(),
    loops: new Map(),
    starts: new Map(),
    disposals: new Map(),
    resources: findResources(ts, nodes),
    holders: new Map(),
  };
  visitOwner(state, unit.fn);
  findHolders(state);
  return state;
}

function visitOwner(state: State, fn: FunctionNode): void {
  const { ts } = state;
  state.owners.push(fn);
  const place: Place = { owner: fn, inCallback: false, inside: false };
  for (const parameter of fn.parameters) visit(state, parameter, place);
  const last = fn.parameters.at(-1);
  if (last && bindsAtCall(ts, fn)) state.starts.set(fn, imply(state, last, "start", place));
  if (!fn.body) return;
  if (ts.isBlock(fn.body)) visit(state, fn.body, place);
  else visitResult(state, fn.body as tsTypes.Expression, place);
}

/** Goes through a node, which may be a stop itself. */
function visit(state: State, node: tsTypes.Node, place: Place): void {
  state.stops.enter(node);
  visitRest(state, node, place);
}

/** Goes through what is left of a node. */
function visitRest(state: State, { end }: tsTypes.Node, place: Place): void {
  const { stops } = state;
  for (let stop = stops.take(end); stop; stop = stops.take(end)) {
    visitStop(state, stop, place);
    stops.leave(stop);
  }
}

function visitStop(state: State, node: tsTypes.Node, place: Place): void {
  const { ts } = state;
  if (ts.isAwaitExpression(node)) {
    if (place.owner && isGenerator(place.owner)) visitOperand(state, node, node.expression, place);
    else if (place.owner) visitAwaited(state, node, node.expression, place);
    else visit(state, node.expression, place);
  } else if (ts.isYieldExpression(node)) {
    visitYield(state, node, place);
  } else if (ts.isReturnStatement(node)) {
    if (place.owner && node.expression) visitResult(state, node.expression, place);
    else visitRest(state, node, place);
  } else if (ts.isTryStatement(node)) {
    visitTry(state, node, place);
  } else if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    visitForEach(state, node, place);
  } else if (ts.isBlock(node) || ts.isForStatement(node)) {
    visitScope(state, node, place);
  } else visitNested(state, node as NestedFunction, place);
}

/** In a generator that stays native it is no suspension. */
function visitYield(state: State, node: tsTypes.YieldExpression, place: Place): void {
  const { expression } = node;
  if (expression) visit(state, expression, place);
  if (!place.owner) return;
  if (expression) suspend(state, node, expression, place);
  else state.byNode.set(node, imply(state, node, "yield", place));
}

/**
 * The next result of a `for await` is awaited in front of the body, the end of its iterator behind it. In an async
 * generator the language does that.
 */
function visitForEach(state: State, node: tsTypes.ForOfStatement | tsTypes.ForInStatement, place: Place): void {
  const { ts } = state;
  if (staysNative(ts, node, place.owner)) {
    const native: Place = { ...place, owner: undefined };
    visit(state, node.initializer, native);
    visit(state, node.expression, place);
    return visit(state, node.statement, native);
  }
  visit(state, node.initializer, place);
  visit(state, node.expression, place);
  const { name, kind } = loopConstruct(ts, node);
  const suspends = place.owner && !isGenerator(place.owner) && isForAwait(ts, node);
  const next = suspends && imply(state, node, `${name ?? kind}.next`, place);
  visit(state, node.statement, insideOf(place));
  const resources = state.resources.get(node);
  if (resources) dispose(state, node, resources, place);
  if (next) state.loops.set(node, { next, end: imply(state, node, `${name ?? kind}.return`, place) });
}

/** A block or a loop, which may end with resources. */
function visitScope(state: State, node: tsTypes.Node, place: Place): void {
  const resources = state.resources.get(node);
  visitRest(state, node, resources ? insideOf(place) : place);
  if (resources) dispose(state, node, resources, place);
}

function dispose(state: State, node: tsTypes.Node, resources: ResourceScope, place: Place): void {
  const [first] = resources.lists;
  if (!place.owner || !resources.isAwaited || !first) return;
  const base = `${resourceName(state.ts, first)}.dispose`;
  state.disposals.set(node, imply(state, resources.extent, base, place));
}

/** What a statement awaits by itself. */
function imply(state: State, node: tsTypes.Node, implied: string, { owner }: Place): Suspension {
  return add(state, owner, node, undefined, implied);
}

/** An async function suspends on its own; what is nested in a function that stays as it is stays as well. */
function visitNested(state: State, fn: NestedFunction, place: Place): void {
  const { ts } = state;
  state.nested.push(fn);
  if (ts.isFunctionLike(fn) && fn.name && ts.isComputedPropertyName(fn.name)) visit(state, fn.name.expression, place);
  if (isUntouched(state, fn) && !isGeneratorMethod(ts, fn)) return;
  if (isDurable(ts, fn) || (isStoredGenerator(ts, fn) && !isUsedUp(ts, state.bindings, fn)))
    return visitOwner(state, fn);
  // The name was gone through.
  visitRest(state, fn, { owner: undefined, inCallback: false, inside: false });
}

/** A promise returned from a `try` that has a handler is not awaited there. */
function visitTry(state: State, node: tsTypes.TryStatement, place: Place): void {
  visit(state, node.tryBlock, insideOf(place));
  if (node.catchClause) visit(state, node.catchClause, node.finallyBlock ? insideOf(place) : place);
  if (node.finallyBlock) visit(state, node.finallyBlock, place);
}

function visitAwaited(state: State, node: tsTypes.Expression, expression: tsTypes.Expression, place: Place): void {
  const chain = chainAt(state, node, expression, place);
  if (chain) visitChain(state, node, chain, place);
  else visitOperand(state, node, expression, place);
}

/** What the operand holds suspends before it does. */
function visitOperand(state: State, node: tsTypes.Expression, expression: tsTypes.Expression, place: Place): void {
  visit(state, expression, place);
  suspend(state, node, expression, place);
}

function suspend(state: State, node: tsTypes.Expression, operand: tsTypes.Expression, place: Place): void {
  state.byNode.set(node, add(state, place.owner, node, operand));
}

/** Links that can be lowered in place: in statement position, with callbacks that can be. Others are handles' methods. */
function chainAt(
  state: State,
  node: tsTypes.Expression,
  expression: tsTypes.Expression,
  { owner }: Place,
): Chain | undefined {
  const { ts } = state;
  const chain = chainOf(ts, expression, state.bindings, state.tools);
  if (!chain || chain.links.length === 0) return undefined;
  if (siteOf(ts, node, owner as FunctionNode, state.inlined).form === "operand") return undefined;
  const fits = chain.links.every(({ method, callbacks }) => {
    if (method === "rollback") return false;
    const given = callbacks.map((callback) => callback && unwrap(ts, callback));
    const [first, second] = given;
    if (
      method === "then" &&
      second &&
      !isNothing(ts, second) &&
      !(first && canInline(state, first) && canInline(state, second))
    )
      return false;
    return given.every((fn) => !fn || canInline(state, fn) || isStableName(state, fn) || isNothing(ts, fn));
  });
  return fits ? chain : undefined;
}

function visitChain(state: State, node: tsTypes.Expression, chain: Chain, place: Place): void {
  visit(state, chain.base, place);
  suspend(state, node, chain.base, place);
  state.chains.set(node, chain);
  for (const link of chain.links) {
    for (const callback of link.callbacks) {
      if (callback && link.method !== "rollback") visitCallback(state, callback, link.method, place);
    }
  }
}

function visitCallback(
  state: State,
  callback: tsTypes.Expression,
  method: "catch" | "then" | "finally",
  { owner }: Place,
): void {
  const { ts } = state;
  const fn = unwrap(ts, callback);
  if (canInline(state, fn)) {
    state.inlined.set(fn, method);
    const scope = state.bindings.scopes.get(fn);
    if (scope) scope.inlined = true;
    const place: Place = { owner, inCallback: true, inside: false };
    for (const parameter of fn.parameters) visit(state, parameter, place);
    if (ts.isBlock(fn.body)) visit(state, fn.body, place);
    else visitResult(state, fn.body, place);
  } else if (isStableName(state, fn)) {
    state.namedCallbacks.set(fn, add(state, owner, fn, fn));
  }
}

/** All of one shape: they are asked for their parts again and again. */
function add(
  { ts, all }: State,
  of: FunctionNode | undefined,
  node: tsTypes.Node,
  operand: tsTypes.Expression | undefined,
  implied?: string,
): Suspension {
  const owner = of as FunctionNode;
  const yields = isGenerator(owner) && !ts.isAwaitExpression(node);
  const suspension: Suspension = { owner, node, operand, implied, yields, label: "" };
  all.push(suspension);
  return suspension;
}

/** The value of a `return` or of an expression body: async functions await it. */
function visitResult(state: State, expression: tsTypes.Expression, place: Place): void {
  const { ts } = state;
  const value = unwrap(ts, expression);
  const isAwaited = !ts.isAwaitExpression(value) && mayBeHandle(state, value);
  if (place.owner && isGenerator(place.owner)) {
    if (isAwaited && isAsync(ts, place.owner) && !place.inside) state.adopted.add(expression);
    return visit(state, expression, place);
  }
  const awaitsHere = place.inCallback || (!place.inside && isDurableCall(state, value));
  if (isAwaited && awaitsHere) {
    visitAwaited(state, expression, expression, place);
    return;
  }
  if (isAwaited) state.adopted.add(expression);
  visit(state, expression, place);
}

/** A call whose place is worth a label: a tool, a combination, a function that is given tools or is durable by itself. */
function isDurableCall(state: State, node: tsTypes.Expression): boolean {
  const { ts, bindings, tools } = state;
  if (!ts.isCallExpression(node)) return false;
  if (chainOf(ts, node, bindings, tools) || combinator(ts, node, bindings, noNames)) return true;
  const callee = unwrap(ts, node.expression);
  const closure = ts.isIdentifier(callee) ? bindings.byIdentifier.get(callee)?.closure : undefined;
  if (closure && isDurable(ts, closure as NestedFunction)) return true;
  return givesTool(ts, node, bindings, tools);
}

/** Only the spelling counts here. */
const noNames: Pick<FileFacts, "declared"> = { declared: new Set() };

/** The suspensions in the scope that a node opens. A nested function holds none where it stands, but its scope does. */
export function heldIn({ all, holders, owners }: Suspensions, node: tsTypes.Node): readonly Suspension[] {
  const isOwner = owners.some((owner) => owner === node);
  return isOwner ? all.filter(({ owner }) => owner === node) : (holders.get(node) ?? []);
}

/**
 * The resources of a node whose end is part of the rewrite, because a suspension lies between. Of others the language
 * takes care.
 */
export function managedResources(
  node: tsTypes.Node,
  { resources: all, holders, loops, disposals }: Suspensions,
): ResourceScope | undefined {
  const resources = all.get(node);
  const isManaged = resources && (holders.has(resources.extent) || loops.has(node) || disposals.has(node));
  return isManaged ? resources : undefined;
}

function findHolders({ all, unit, holders }: State): void {
  for (const suspension of all) {
    for (let node: tsTypes.Node = suspension.node; ; node = node.parent) {
      // A nested function suspends by itself, not where it stands.
      if (node === suspension.owner && node !== unit.fn) break;
      const held = holders.get(node);
      if (held) held.push(suspension);
      else holders.set(node, [suspension]);
      if (node === suspension.owner || !node.parent) break;
    }
  }
}
