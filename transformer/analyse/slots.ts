/**
 * Decides which bindings are slots, which slots are encoded at each label, and which closures keep.
 *
 * A binding is a slot when it is live behind a suspension, when a record captures it, or when the rewrite of its
 * declaration needs it to be one (see `forceGroups`).
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, Closure, Suspension, TypeScript } from "../ir.ts";
import type { Closures } from "./closures.ts";
import { mayBeEarly } from "./early.ts";
import { userOf } from "./functions.ts";
import { isNativeDeclaration, isReadInLaterCase, mayBecomeSlot, seenInList } from "./hoisted.ts";
import { functionAround } from "./paths.ts";
import { resourceScopeOf, usingKeyword } from "./resources.ts";
import type { Bindings } from "./scopes.ts";
import { heldIn, managedResources, type Suspensions } from "./suspensions.ts";
import { withoutRollbacks } from "./tools.ts";
import { isOnlyCalled } from "./used-at-once.ts";

export interface Slots {
  readonly all: ReadonlySet<Binding>;
  /** Slots to encode when parked at a suspension. */
  readonly live: ReadonlyMap<Suspension, ReadonlySet<Binding>>;
  /** Slots that escaping closures read: encoded whenever their scope is. */
  readonly kept: ReadonlySet<Binding>;
  /** Closures that can be reached when the statement that made them is over. */
  readonly escaping: ReadonlySet<Closure>;
}

export interface SlotInput {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly suspensions: Suspensions;
  readonly closures: Closures;
  readonly free: ReadonlySet<Binding>;
  readonly liveBehind: ReadonlyMap<Suspension, ReadonlySet<Binding>>;
}

export function decideSlots(input: SlotInput): Slots {
  const { suspensions, closures, bindings } = input;
  const live = new Map<Suspension, ReadonlySet<Binding>>();
  for (const suspension of suspensions.all) live.set(suspension, liveAt(input, suspension));
  const all = new Set<Binding>();
  for (const set of live.values()) for (const binding of set) all.add(binding);
  const uses = usesOf(input);
  const escaping = new Set([...closures.records.values()].filter((record) => escapes(input, record, uses)));
  const kept = new Set([...escaping].flatMap(({ captures }) => [...captures]));
  for (const { captures } of closures.records.values()) for (const binding of captures) all.add(binding);
  for (const binding of bindings.all) if (isRecordDeclaration(input, binding)) all.add(binding);
  for (const binding of bindings.all) for (const one of sharedWithParameter(input, binding, all)) all.add(one);
  for (const binding of bindings.all) if (isParameterReadEarly(input, binding, all)) all.add(binding);
  for (const binding of seenByMoved(input)) all.add(binding);
  for (const binding of readInLaterCases(input)) all.add(binding);
  forceGroups(input, all);
  for (const binding of all) if (!isStorable(input, binding)) all.delete(binding);
  return { all, live, kept, escaping };
}

/** What native function declarations see of a list that begins with a jump: they move in front of it. */
function seenByMoved({ ts, bindings, closures, suspensions }: SlotInput): Binding[] {
  const declared = bindings.all.flatMap(({ kind, closure }) => (kind === "function" && closure ? [closure] : []));
  return declared
    .filter((fn) => isNativeDeclaration({ ts, closures }, fn) && suspensions.holders.has(fn.parent))
    .flatMap((fn) => seenInList({ ts, closures }, fn as tsTypes.FunctionDeclaration))
    .filter((binding) => mayBecomeSlot(ts, binding));
}

function readInLaterCases({ ts, bindings, suspensions, free }: SlotInput): Binding[] {
  const known = new Map<tsTypes.Node, readonly tsTypes.Node[]>();
  const holdersOf = (list: tsTypes.Node) => {
    if (!suspensions.holders.has(list)) return undefined;
    let holders = known.get(list);
    if (holders === undefined) {
      const found: tsTypes.Node[] = [];
      ts.forEachChild(list, (child) => void (suspensions.holders.has(child) && found.push(child)));
      holders = found;
      known.set(list, holders);
    }
    return holders;
  };
  return bindings.all.filter(
    (binding) => !free.has(binding) && mayBecomeSlot(ts, binding) && isReadInLaterCase(ts, binding, holdersOf),
  );
}

/** Live behind the suspension, and what the callback of its op captures: that one runs while the frame is parked. */
function liveAt(input: SlotInput, suspension: Suspension): ReadonlySet<Binding> {
  const { ts, closures } = input;
  const live = new Set(input.liveBehind.get(suspension) ?? []);
  const visit = (node: tsTypes.Node): void => {
    const record = closures.records.get(node);
    if (record) for (const binding of record.captures) live.add(binding);
    else ts.forEachChild(node, visit);
  };
  if (suspension.operand) visit(suspension.operand);
  for (const binding of live) if (!isStorable(input, binding)) live.delete(binding);
  return live;
}

/** Bound anew at each entry, or a function declaration that stays in place and hoists: nothing to store. */
function isStorable(input: SlotInput, binding: Binding): boolean {
  if (input.free.has(binding)) return false;
  return binding.kind !== "function" || isRecordDeclaration(input, binding);
}

function isRecordDeclaration({ ts, closures }: SlotInput, { closure }: Binding): boolean {
  return closure !== undefined && ts.isFunctionDeclaration(closure) && closures.records.has(closure);
}

/** A variable of a body that begins with the value of a parameter, and that parameter, where the function is rewritten. */
function sharedWithParameter(input: SlotInput, binding: Binding, slots: ReadonlySet<Binding>): Binding[] {
  const { scope } = binding;
  const parameter = scope.kind === "body" ? scope.parent?.names.get(binding.name) : undefined;
  if (parameter?.kind !== "param") return [];
  return isInRewritten(input, binding, slots) ? [binding, parameter] : [];
}

/** `(a = b, b) => …`: by a record it shows that `b` has no value yet. */
function isParameterReadEarly(input: SlotInput, binding: Binding, slots: ReadonlySet<Binding>): boolean {
  const { ts, bindings } = input;
  if (binding.kind !== "param" || input.free.has(binding)) return false;
  const isEarly = binding.references.some(
    ({ node }) => ts.isIdentifier(node) && mayBeEarly(ts, bindings, node, binding),
  );
  return isEarly && isInRewritten(input, binding, slots);
}

/** Whether the parameters of the function around a variable are bound by what it is rewritten to. */
function isInRewritten({ bindings, suspensions }: SlotInput, { scope }: Binding, slots: ReadonlySet<Binding>): boolean {
  const owner = functionAround(scope, bindings);
  return (
    suspensions.owners.some((fn) => fn === owner) ||
    [...slots].some((slot) => functionAround(slot.scope, bindings) === owner)
  );
}

/**
 * A closure that is only ever called by its name, or is the callback of an op, is reachable only where it is live. The
 * calls of a durable one go on wherever the function around it stands.
 */
function escapes({ ts }: SlotInput, { node, durable, role }: Closure, { awaited, names }: Uses): boolean {
  if (durable) return true;
  if (role === "callback") return !awaited.has(userOf(ts, node as tsTypes.Expression));
  const name = role === "local" ? undefined : names.get(node);
  return name === undefined || name.reassigned || !isOnlyCalled(ts, name);
}

interface Uses {
  /** `step.run("a", f)` of `await step.run("a", f)`: its op is gone when the function goes on. */
  readonly awaited: ReadonlySet<tsTypes.Node>;
  /** The variables that functions are bound to. */
  readonly names: ReadonlyMap<tsTypes.Node, Binding>;
}

function usesOf({ ts, suspensions, bindings }: SlotInput): Uses {
  const awaited = new Set<tsTypes.Node>();
  for (const { operand } of suspensions.all) if (operand) awaited.add(withoutRollbacks(ts, unwrap(ts, operand)));
  const names = new Map<tsTypes.Node, Binding>();
  for (const binding of bindings.all) {
    const { closure } = binding;
    if (closure && !names.has(closure)) names.set(closure, binding);
  }
  return { awaited, names };
}

/** Names bound by one pattern, by the head of a suspending loop or by the parameter of a suspending `catch` go together. */
function forceGroups(input: SlotInput, slots: Set<Binding>): void {
  const { ts, suspensions } = input;
  const roots = new Map<tsTypes.Node, Binding[]>();
  for (const binding of input.bindings.all) {
    if (input.free.has(binding)) continue;
    for (const declaration of binding.declarations) {
      const root = groupOf(ts, suspensions, declaration);
      if (!root) continue;
      if (mustStore(input, root, binding)) slots.add(binding);
      const group = roots.get(root);
      if (group) group.push(binding);
      else roots.set(root, [binding]);
    }
    if (binding.kind === "var" && binding.scope.inlined) slots.add(binding);
    if (isSharedByClauses(binding, suspensions) || isWrittenLater(binding, suspensions)) slots.add(binding);
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const group of roots.values()) {
      if (group.every((binding) => slots.has(binding)) || !group.some((binding) => slots.has(binding))) continue;
      for (const binding of group) slots.add(binding);
      changed = true;
    }
  }
}

/** The declaration, parameter or loop head whose names are bound by one piece of code. */
function groupOf(ts: TypeScript, suspensions: Suspensions, declaration: tsTypes.Identifier): tsTypes.Node | undefined {
  let node: tsTypes.Node = declaration.parent;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node))
    node = node.parent;
  if (ts.isParameter(node)) return suspensions.inlined.has(node.parent) ? node.parent : node;
  if (!ts.isVariableDeclaration(node)) return undefined;
  const isHead = ts.isVariableDeclarationList(node.parent) && ts.isForStatement(node.parent.parent);
  return isHead ? node.parent : node;
}

/** Heads and catch patterns of suspending statements are bound once, so they cannot stay in the text as they are. */
function mustStore(input: SlotInput, root: tsTypes.Node, binding: Binding): boolean {
  const { ts, suspensions } = input;
  if (ts.isVariableDeclarationList(root)) return suspensions.holders.has(root.parent);
  if (ts.isParameter(root)) return isOwnParameter(root, suspensions) && !isPlainParameter(ts, root);
  if (ts.isFunctionLike(root)) {
    return (
      suspensions.holders.has(root) &&
      !root.parameters.every((parameter) => isPlainParameter(ts, parameter as tsTypes.ParameterDeclaration))
    );
  }
  if (!ts.isVariableDeclaration(root)) return false;
  if (isPartOfSuspendingList(ts, root, suspensions) || suspensions.holders.has(root.name)) return true;
  if (suspensions.loops.has(root.parent.parent) || isManagedResource(ts, root, suspensions)) return true;
  if (ts.isIdentifier(root.name)) return false;
  const { parent } = root;
  if (ts.isCatchClause(parent)) return suspensions.holders.has(parent.block);
  const loop = parent.parent;
  return (
    (ts.isForOfStatement(loop) || ts.isForInStatement(loop)) &&
    suspensions.holders.has(loop) &&
    binding.kind !== "param"
  );
}

/**
 * `let x = 1; await a; x = 2; use(x);` is not live across the suspension, but re-entering behind its declaration would
 * find it uninitialised.
 */
function isWrittenLater({ kind, scope, declarations, reassigned }: Binding, suspensions: Suspensions): boolean {
  const [declaration] = declarations;
  if ((kind !== "let" && kind !== "const" && kind !== "class") || !reassigned || !declaration) return false;
  return heldIn(suspensions, scope.node).some(({ node }) => node.end > declaration.end);
}

/** `const a = 1, b = await …;` becomes several statements, behind a jump of their own when a later one suspends. */
function isPartOfSuspendingList(
  ts: TypeScript,
  { parent: list }: tsTypes.VariableDeclaration,
  suspensions: Suspensions,
): boolean {
  return ts.isVariableDeclarationList(list) && list.declarations.length > 1 && suspensions.holders.has(list);
}

/** `using file = …`, when the compiler takes care of its end. */
function isManagedResource(
  ts: TypeScript,
  { parent: list }: tsTypes.VariableDeclaration,
  suspensions: Suspensions,
): boolean {
  if (!ts.isVariableDeclarationList(list) || !usingKeyword(ts, list)) return false;
  return managedResources(resourceScopeOf(ts, list), suspensions) !== undefined;
}

/** A parameter of a durable function that suspends. */
function isOwnParameter({ parent }: tsTypes.ParameterDeclaration, suspensions: Suspensions): boolean {
  return suspensions.all.some(({ owner }) => owner === parent);
}

/** Binding a pattern or a default runs the author's code, which must not run again when the unit is re-entered. */
function isPlainParameter(
  ts: TypeScript,
  { name, initializer, dotDotDotToken }: tsTypes.ParameterDeclaration,
): boolean {
  return ts.isIdentifier(name) && !initializer && !dotDotDotToken;
}

/** A clause that suspends gets a block of its own: names that other clauses use too must live outside it. */
function isSharedByClauses(binding: Binding, suspensions: Suspensions): boolean {
  if (binding.scope.kind !== "switch" || !suspensions.holders.has(binding.scope.node)) return false;
  const clauses = new Set<tsTypes.Node>();
  for (const node of [...binding.declarations, ...binding.references.map((reference) => reference.node)]) {
    let clause: tsTypes.Node = node;
    while (clause.parent !== binding.scope.node) clause = clause.parent;
    clauses.add(clause);
  }
  return clauses.size > 1;
}
