/**
 * Functions nested in a unit: which of them can live across a suspension (and so become records made from the unit's
 * table), and what they capture.
 *
 * A function stays where it stands, untouched, when its caller uses it up at once: the callback of an array method, of
 * `new Promise`, a function that is called on the spot, and a function declaration that is only ever called.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import { importedName, type PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { Binding, Closure, FunctionNode, NestedFunction, Scope, TypeScript } from "../ir.ts";
import { bodyOf, isMovableClass, isMovableField } from "./classes.ts";
import type { FileFacts } from "./file-facts.ts";
import { isMovableAccessor, isMovableMethod, isStepCallback, superOwner, userOf } from "./functions.ts";
import { classAround } from "./inner-classes.ts";
import type { Bindings } from "./scopes.ts";
import type { Suspensions } from "./suspensions.ts";
import { chainOf, rollbackSource, type Tools, toolCall } from "./tools.ts";
import { belongsToClass } from "./untouched.ts";
import { isOnlyCalled, isUsedAtOnce } from "./used-at-once.ts";

export interface Closures {
  /** Functions, and callback expressions of tool calls, that become records. By node. */
  readonly records: ReadonlyMap<tsTypes.Node, Closure>;
  /** What a nested function captures, by node; records and others. */
  readonly captures: ReadonlyMap<tsTypes.Node, ReadonlySet<Binding>>;
}

export interface ClosureInput {
  readonly ts: TypeScript;
  /** As in `Analysis`. */
  readonly nodes: Nodes;
  readonly bindings: Bindings;
  readonly suspensions: Suspensions;
  readonly tools: Tools;
  readonly imports: PackageImports;
  /** Bindings that are bound anew at each entry: reading one from the table needs no record. */
  readonly free: ReadonlySet<Binding>;
  readonly facts: FileFacts;
}

export function findClosures(input: ClosureInput): Closures {
  const records = new Map<tsTypes.Node, Closure>();
  const captures = new Map<tsTypes.Node, Set<Binding>>();
  const owners = new Set<tsTypes.Node>(input.suspensions.owners);
  for (const fn of input.suspensions.nested) captures.set(fn, capturesOfFunction(input, fn));
  for (const fn of input.suspensions.nested) {
    const role = roleOf(input, fn);
    if (role) addRecord(input, records, fn, role, captures.get(fn) as Set<Binding>, owners.has(fn));
  }
  for (const made of classesIn(input)) {
    // One in a field is made in the class around it, which has all that it captures.
    const parts = classAround(input.ts, made) ? [] : bodyOf(input.ts, made);
    const body = parts.flatMap((part) => [part, ...input.nodes.inside(part)]);
    addRecord(input, records, made, "value", capturesOfAll(input, made, body));
  }
  for (const callback of pathCallbacks(input)) {
    addRecord(
      input,
      records,
      callback,
      "callback",
      capturesOfAll(input, callback, [callback, ...input.nodes.inside(callback)]),
    );
  }
  promoteCaptured(input, records, captures);
  followCalls(records, captures);
  return { records, captures };
}

function addRecord(
  { ts, nodes }: ClosureInput,
  records: Map<tsTypes.Node, Closure>,
  node: Closure["node"] | NestedFunction,
  role: Closure["role"],
  captures: Set<Binding>,
  durable = false,
): void {
  const home = nodes.of(ts.SyntaxKind.SuperKeyword).length > 0 ? superOwner(ts, node) : undefined;
  records.set(node, { node: node as Closure["node"], id: "", role, captures, durable, home });
}

/** Classes that can be made again: those in the unit's own code, in that of functions which stay native, in fields of others. */
function classesIn(input: ClosureInput): tsTypes.ClassLikeDeclaration[] {
  const { ts, nodes } = input;
  const found: tsTypes.ClassLikeDeclaration[] = [
    ...nodes.of<tsTypes.ClassDeclaration>(ts.SyntaxKind.ClassDeclaration),
    ...nodes.of<tsTypes.ClassExpression>(ts.SyntaxKind.ClassExpression),
  ];
  return found.filter((node) => isMadeAgain(input, node)).sort((a, b) => a.pos - b.pos);
}

function isMadeAgain(input: ClosureInput, node: tsTypes.ClassLikeDeclaration): boolean {
  if (!isMovableClass(input.ts, node)) return false;
  const around = classAround(input.ts, node);
  return around ? isMadeAgain(input, around) : !isInUntouched(input, node);
}

/** Bindings of the unit that a nested function refers to and does not declare itself. */
function capturesOfFunction(input: ClosureInput, fn: NestedFunction): Set<Binding> {
  const own = input.ts.isFunctionDeclaration(fn) ? fn.name : undefined;
  return capturesOfAll(input, fn, own ? input.nodes.inside(fn).filter((node) => node !== own) : input.nodes.inside(fn));
}

/** `nodes` are those of the node that count. */
function capturesOfAll(input: ClosureInput, node: tsTypes.Node, nodes: readonly tsTypes.Node[]): Set<Binding> {
  const { bindings, free } = input;
  const found = new Set<Binding>();
  const add = (binding: Binding): void => {
    if (!free.has(binding) && !isWithin(binding.scope, node)) found.add(binding);
  };
  for (const inner of nodes) {
    const binding = bindings.byIdentifier.get(inner);
    if (binding) add(binding);
    for (const evaluated of bindings.evaluated.get(inner) ?? []) add(evaluated);
  }
  return found;
}

function isWithin(scope: Scope, node: tsTypes.Node): boolean {
  return node.pos <= scope.node.pos && scope.node.end <= node.end;
}

/** Role of a nested function that must become a record; undefined leaves it in place. */
function roleOf(input: ClosureInput, fn: NestedFunction): Closure["role"] | undefined {
  const { ts, bindings, imports, suspensions } = input;
  if (isMovableField(ts, bindings, fn)) return isMadeAgain(input, fn.parent.parent) ? "value" : undefined;
  if (isInUntouched(input, fn)) return undefined;
  if (isStepCallbackNode(input, fn)) return "callback";
  if (suspensions.owners.includes(fn as FunctionNode)) return "value";
  if (ts.isFunctionDeclaration(fn)) {
    const binding = fn.name && bindings.byIdentifier.get(fn.name);
    // A clause that suspends gets a block of its own, out of which the others would not see the function.
    const isInClause = ts.isCaseOrDefaultClause(fn.parent) && suspensions.holders.has(fn.parent.parent);
    const isMade = isInClause || (binding && (binding.declarations.length > 1 || !isOnlyCalled(ts, binding)));
    return binding && isMade ? "value" : undefined;
  }
  if (isMovableMethod(ts, fn) || isMovableAccessor(ts, fn)) return "value";
  if (!ts.isArrowFunction(fn) && !ts.isFunctionExpression(fn)) return undefined;
  const user = userOf(ts, fn);
  // The executor of a promise is called at once.
  if (ts.isNewExpression(user)) return isNamed(ts, user.expression, "Promise") ? undefined : "value";
  if (!ts.isCallExpression(user)) return isLocalHelper(input, fn, user) ? undefined : "value";
  if (importedName(ts, user.expression, imports) === "local") return "local";
  const callee = unwrap(ts, user.expression);
  if (callee === fn) return undefined;
  // `step.map` keeps its callback, unlike the method of arrays.
  if (toolCall(ts, user, bindings, input.tools)) return "value";
  return isUsedAtOnce(input, user, fn) ? undefined : "value";
}

function isNamed(ts: TypeScript, node: tsTypes.Expression, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

function isStepCallbackNode(input: ClosureInput, fn: NestedFunction): boolean {
  const { ts } = input;
  return (ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) && isStepCallback(input, fn);
}

/** `const twice = (x) => 2 * x;` in a function that never suspends, and only called there: it ends with its call. */
function isLocalHelper(input: ClosureInput, fn: NestedFunction, user: tsTypes.Node): boolean {
  const { ts, bindings, suspensions } = input;
  if (!ts.isVariableDeclaration(user) || !ts.isIdentifier(user.name)) return false;
  const binding = bindings.byIdentifier.get(user.name);
  if (binding?.closure !== fn || binding.reassigned) return false;
  const owners = new Set<tsTypes.Node>(suspensions.owners);
  for (let outer: tsTypes.Node = fn.parent; outer.parent; outer = outer.parent) {
    if (owners.has(outer) || suspensions.inlined.has(outer)) return false;
    if (ts.isFunctionLike(outer)) return isOnlyCalled(ts, binding);
  }
  return false;
}

/** The insides of callbacks, of makers and of classes stay as they are: nothing in them lives across a suspension. */
function isInUntouched(input: ClosureInput, node: tsTypes.Node): boolean {
  const { ts, bindings, imports } = input;
  if (belongsToClass(input, node)) return true;
  for (let outer = node; outer !== bindings.root.node; outer = outer.parent) {
    if (outer === node) continue;
    if (!ts.isArrowFunction(outer) && !ts.isFunctionExpression(outer)) continue;
    if (input.suspensions.inlined.has(outer)) continue;
    const user = userOf(ts, outer);
    const isMaker = ts.isCallExpression(user) && importedName(ts, user.expression, imports) === "local";
    if (isMaker || isStepCallback(input, outer)) return true;
  }
  return false;
}

/** `step.run("charge", services.charge)`: a path that starts outside the unit is made again by reading it again. */
function pathCallbacks(input: ClosureInput): tsTypes.Expression[] {
  const { ts, nodes, bindings, tools } = input;
  const found: tsTypes.Expression[] = [];
  for (const node of nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)) {
    const isTool = toolCall(ts, node, bindings, tools) !== undefined;
    if ((!isTool && !isReaction(input, node)) || isInUntouched(input, node)) continue;
    for (const argument of node.arguments) {
      const path = unwrap(ts, argument);
      const isId = isTool && argument === node.arguments[0];
      const isCallback = !isId && ts.isExpression(path) && isOuterPath(input, path) && !isNamed(ts, path, "undefined");
      if (isCallback && !input.suspensions.namedCallbacks.has(path)) found.push(argument);
    }
  }
  return found;
}

/** `.then(f)`, `.catch(f)`, `.finally(f)`; `.rollback(f)` behind a tool call. */
function isReaction({ ts, bindings, tools }: ClosureInput, call: tsTypes.CallExpression): boolean {
  const { expression } = call;
  if (!ts.isPropertyAccessExpression(expression)) return false;
  if (["then", "catch", "finally"].includes(expression.name.text)) return true;
  return rollbackSource(ts, call) !== undefined && chainOf(ts, call, bindings, tools) !== undefined;
}

/** A name that is declared outside the unit, or a path of names that begins there or at the `this` of the unit. */
function isOuterPath(input: Pick<ClosureInput, "ts" | "bindings">, node: tsTypes.Expression): boolean {
  const { ts, bindings } = input;
  if (ts.isPropertyAccessExpression(node)) return isOuterPath(input, node.expression);
  if (node.kind === ts.SyntaxKind.ThisKeyword) return isThisOfUnit(input, node);
  return ts.isIdentifier(node) && !bindings.byIdentifier.has(node);
}

function isThisOfUnit({ ts, bindings }: Pick<ClosureInput, "ts" | "bindings">, node: tsTypes.Node): boolean {
  for (let outer = node.parent; outer !== bindings.root.node; outer = outer.parent) {
    if (ts.isFunctionLike(outer) && !ts.isArrowFunction(outer)) return false;
  }
  return true;
}

/** A function in place that a record captures by its name is read from a record, so it must be one itself. */
function promoteCaptured(
  input: ClosureInput,
  records: Map<tsTypes.Node, Closure>,
  captures: ReadonlyMap<tsTypes.Node, Set<Binding>>,
): void {
  const pending = [...records.values()];
  for (let record = pending.pop(); record; record = pending.pop()) {
    for (const binding of record.captures) {
      const fn = binding.closure;
      if (!fn || records.has(fn) || !captures.has(fn) || isInUntouched(input, fn)) continue;
      addRecord(input, records, fn as NestedFunction, "value", captures.get(fn) as Set<Binding>);
      pending.push(records.get(fn) as Closure);
    }
  }
}

/** Captures of a function that a captured name is bound to are captured as well, until nothing is added. */
function followCalls(
  records: ReadonlyMap<tsTypes.Node, Closure>,
  captures: ReadonlyMap<tsTypes.Node, Set<Binding>>,
): void {
  const sets = new Set<Set<Binding>>([...captures.values(), ...[...records.values()].map((record) => record.captures)]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const set of sets) {
      const { size } = set;
      for (const binding of [...set]) {
        const inner = binding.closure && captures.get(binding.closure);
        if (inner && inner !== set) for (const captured of inner) set.add(captured);
      }
      if (set.size > size) changed = true;
    }
  }
}
