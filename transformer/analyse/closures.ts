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
import type { Binding, Closure, Scope, TypeScript } from "../ir.ts";
import type { Bindings } from "./scopes.ts";
import type { NestedFunction, Suspensions } from "./suspensions.ts";
import { type Tools, toolCall } from "./tools.ts";

/** Methods of arrays, strings, maps and sets that call their callback before they return and keep nothing of it. */
const synchronousMethods: ReadonlySet<string> = new Set([
  ...["every", "filter", "find", "findIndex", "findLast", "findLastIndex", "flatMap", "forEach", "map"],
  ...[
    "reduce",
    "reduceRight",
    "some",
    "sort",
    "toSorted",
    "replace",
    "replaceAll",
    "groupBy",
    "stringify",
    "parse",
    "from",
  ],
]);

export interface Closures {
  /** Functions, and callback expressions of tool calls, that become records. By node. */
  readonly records: ReadonlyMap<tsTypes.Node, Closure>;
  /** What a nested function captures, by node; records and others. */
  readonly captures: ReadonlyMap<tsTypes.Node, ReadonlySet<Binding>>;
}

export interface ClosureInput {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly suspensions: Suspensions;
  readonly tools: Tools;
  readonly imports: PackageImports;
  /** Bindings that are bound anew at each entry: reading one from the table needs no record. */
  readonly free: ReadonlySet<Binding>;
}

export function findClosures(input: ClosureInput): Closures {
  const records = new Map<tsTypes.Node, Closure>();
  const captures = new Map<tsTypes.Node, Set<Binding>>();
  for (const fn of input.suspensions.nested) captures.set(fn, capturesOf(input, fn));
  for (const fn of input.suspensions.nested) {
    const role = roleOf(input, fn);
    if (role) addRecord(records, fn, role, captures.get(fn) as Set<Binding>);
  }
  for (const suspension of input.suspensions.all) {
    const callback = pathCallback(input, suspension.operand);
    if (callback) addRecord(records, callback, "callback", capturesOf(input, callback));
  }
  promoteCaptured(input, records, captures);
  followCalls(records, captures);
  return { records, captures };
}

function addRecord(
  records: Map<tsTypes.Node, Closure>,
  node: Closure["node"] | NestedFunction,
  role: Closure["role"],
  captures: Set<Binding>,
): void {
  records.set(node, { node: node as Closure["node"], id: "", role, captures });
}

/** Bindings of the unit that a nested node refers to and does not declare itself. */
function capturesOf(input: ClosureInput, node: tsTypes.Node): Set<Binding> {
  const { ts, bindings, free } = input;
  const found = new Set<Binding>();
  const visit = (inner: tsTypes.Node): void => {
    if (ts.isIdentifier(inner)) {
      const binding = bindings.byIdentifier.get(inner);
      if (binding && !free.has(binding) && !isWithin(binding.scope, node)) found.add(binding);
    }
    ts.forEachChild(inner, visit);
  };
  ts.forEachChild(node, (child) => {
    const isOwnName = ts.isFunctionDeclaration(node) && child === node.name;
    if (!isOwnName) visit(child);
  });
  if (ts.isIdentifier(node)) visit(node);
  return found;
}

function isWithin(scope: Scope, node: tsTypes.Node): boolean {
  for (let current: Scope | undefined = scope; current; current = current.parent) {
    if (current.node === node) return true;
  }
  return false;
}

/** Role of a nested function that must become a record; undefined leaves it in place. */
function roleOf(input: ClosureInput, fn: NestedFunction): Closure["role"] | undefined {
  const { ts, bindings, tools, imports } = input;
  if (ts.isFunctionDeclaration(fn)) {
    const binding = fn.name && bindings.byIdentifier.get(fn.name);
    return binding && !isOnlyCalled(ts, binding) ? "value" : undefined;
  }
  if (!ts.isArrowFunction(fn) && !ts.isFunctionExpression(fn)) return undefined;
  if (isInClass(input, fn)) return undefined;
  const user = userOf(ts, fn);
  if (ts.isNewExpression(user)) return undefined;
  if (!ts.isCallExpression(user)) return "value";
  if (toolCall(ts, user, bindings, tools)) return "callback";
  if (importedName(ts, user.expression, imports) === "local") return "local";
  const callee = unwrap(ts, user.expression);
  if (callee === fn) return undefined;
  return ts.isPropertyAccessExpression(callee) && synchronousMethods.has(callee.name.text) ? undefined : "value";
}

/** Initialisers of a class have a `this` of their own and are used up with the class, which no frame stores. */
function isInClass({ ts, bindings }: ClosureInput, node: tsTypes.Node): boolean {
  for (let outer = node.parent; outer !== bindings.root.node; outer = outer.parent) {
    if (ts.isClassLike(outer)) return true;
  }
  return false;
}

/** The node that uses the function, wrappers such as `as` skipped. */
function userOf(ts: TypeScript, fn: tsTypes.Expression): tsTypes.Node {
  let node: tsTypes.Node = fn;
  while (ts.isExpression(node.parent) && unwrap(ts, node.parent) === fn) node = node.parent;
  return node.parent;
}

export function isOnlyCalled(ts: TypeScript, binding: Binding): boolean {
  return binding.references.every(({ node }) => ts.isCallExpression(node.parent) && node.parent.expression === node);
}

/** `step.run("charge", services.charge)`: a path that starts outside the unit is made again by reading it again. */
function pathCallback(input: ClosureInput, operand: tsTypes.Expression): tsTypes.Expression | undefined {
  const { ts, bindings, tools } = input;
  if (!ts.isCallExpression(operand) || toolCall(ts, operand, bindings, tools) !== "step") return undefined;
  const callback = operand.arguments[1];
  return callback && isOuterPath(input, unwrap(ts, callback)) ? callback : undefined;
}

export function isOuterPath(input: Pick<ClosureInput, "ts" | "bindings">, node: tsTypes.Expression): boolean {
  const { ts, bindings } = input;
  if (ts.isPropertyAccessExpression(node)) return isOuterPath(input, node.expression);
  if (node.kind === ts.SyntaxKind.ThisKeyword) return true;
  return ts.isIdentifier(node) && !bindings.byIdentifier.has(node);
}

/** A function declaration that a record captures is read from the table, so it must be a record itself. */
function promoteCaptured(
  input: ClosureInput,
  records: Map<tsTypes.Node, Closure>,
  captures: ReadonlyMap<tsTypes.Node, Set<Binding>>,
): void {
  const pending = [...records.values()];
  for (let record = pending.pop(); record; record = pending.pop()) {
    for (const binding of record.captures) {
      const fn = binding.closure;
      if (!fn || records.has(fn) || !input.ts.isFunctionDeclaration(fn)) continue;
      addRecord(records, fn, "value", captures.get(fn) as Set<Binding>);
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
