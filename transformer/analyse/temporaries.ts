/**
 * Temporaries: the values of operands that stand in front of a suspension of the same statement.
 *
 *   price() + (await step.run("tax", f))     `price()` is kept as `t.price`, live at "tax"
 *
 * An operand that gives the same value again, and does nothing else, is not kept: a literal, a function, a constant
 * that is live at those suspensions anyway, a name that is declared outside the unit and never assigned to.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { Suspension, TypeScript } from "../ir.ts";
import { mayBeEarly } from "./early.ts";
import { type FileFacts, isConstantName } from "./file-facts.ts";
import { elementOperands, type Operand, type OperandRole, operandsOf } from "./operands.ts";
import type { Bindings } from "./scopes.ts";
import type { Slots } from "./slots.ts";
import type { Suspensions } from "./suspensions.ts";
import { isPatternLiteral } from "./targets.ts";
import { type Tools, toolCall } from "./tools.ts";

export interface Temporaries {
  /** The temporary of an operand; its node stays in place when it has none. */
  readonly saved: ReadonlyMap<tsTypes.Node, Saved>;
  /** The temporaries that each suspension needs. */
  readonly live: ReadonlyMap<Suspension, readonly string[]>;
}

export interface Saved {
  readonly name: string;
  readonly role: OperandRole;
}

export interface TemporariesInput {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly suspensions: Suspensions;
  readonly slots: Slots;
  readonly free: ReadonlySet<unknown>;
  readonly facts: FileFacts;
}

export function planTemporaries(input: TemporariesInput, owner: tsTypes.Node): Temporaries {
  const needed = new Map<tsTypes.Node, { operand: Operand; later: Set<Suspension> }>();
  for (const suspension of input.suspensions.all) {
    // The callback of a chain that is lowered in place is called behind the step, by statements of its own.
    if (suspension.owner !== owner || input.suspensions.namedCallbacks.has(suspension.node)) continue;
    for (const operand of operandsBefore(input.ts, suspension.node, owner)) {
      const known = needed.get(operand.node) ?? { operand, later: new Set<Suspension>() };
      known.later.add(suspension);
      needed.set(operand.node, known);
    }
  }
  const saved = new Map<tsTypes.Node, Saved>();
  const live = new Map<Suspension, string[]>();
  const taken = new Set<string>();
  const inOrder = [...needed.values()].sort((a, b) => a.operand.node.pos - b.operand.node.pos);
  for (const { operand, later } of inOrder) {
    if (isStable(input, operand, later)) continue;
    const name = freshName(nameOf(input.ts, operand), taken);
    saved.set(operand.node, { name, role: operand.role });
    for (const suspension of later) live.set(suspension, [...(live.get(suspension) ?? []), name]);
  }
  return { saved, live };
}

/** Operands of the nodes around `node` that are evaluated before it, up to its statement. */
function operandsBefore(ts: TypeScript, node: tsTypes.Node, owner: tsTypes.Node): Operand[] {
  const found: Operand[] = [];
  for (let child = node; child !== owner && child.parent; child = child.parent) {
    const { parent } = child;
    if (ts.isFunctionLike(parent) && parent.name !== child) break;
    for (const operand of isPatternLiteral(ts, parent) ? [] : operandsOf(ts, parent)) {
      if (operand.node.pos <= node.pos && node.end <= operand.node.end && operand.role !== "method") break;
      if (operand.role !== "method" || operand.node.end <= node.pos) found.push(operand);
    }
    found.push(...basesOfChain(ts, parent, child), ...patternOperands(ts, parent, child));
    if (ts.isSwitchStatement(parent.parent) && ts.isCaseBlock(parent) && isInTest(ts, child, node)) {
      found.push({ node: parent.parent.expression, role: "value" });
    }
  }
  return found;
}

/** A suspension in the test of a clause needs the value that the tests are compared with. */
function isInTest(ts: TypeScript, clause: tsTypes.Node, node: tsTypes.Node): boolean {
  return ts.isCaseClause(clause) && node.pos >= clause.expression.pos && node.end <= clause.expression.end;
}

/**
 * A pattern that suspends inside is taken apart: what it is applied to is kept, and the computed keys in front of the
 * suspension, which a rest element leaves out; of an element also the target that was evaluated.
 */
function patternOperands(ts: TypeScript, parent: tsTypes.Node, child: tsTypes.Node): Operand[] {
  const isBinding = ts.isObjectBindingPattern(parent) || ts.isArrayBindingPattern(parent);
  if (!isBinding && !isPatternLiteral(ts, parent)) return elementPrefix(ts, parent, child);
  const elements: readonly tsTypes.Node[] = ts.isObjectLiteralExpression(parent)
    ? parent.properties
    : (parent as tsTypes.ArrayLiteralExpression).elements;
  const keys = elements.slice(0, elements.indexOf(child) + 1).flatMap((element): Operand[] => {
    const name = ts.isBindingElement(element) ? element.propertyName : (element as tsTypes.PropertyAssignment).name;
    const isBefore = name && ts.isComputedPropertyName(name) && element !== child;
    return isBefore ? [{ node: name.expression, role: "key" }] : [];
  });
  return [{ node: parent, role: "value" }, ...keys, ...elementKey(ts, child)];
}

/** The key of the element whose default or nested pattern suspends. */
function elementKey(ts: TypeScript, element: tsTypes.Node): Operand[] {
  const name = ts.isBindingElement(element) ? element.propertyName : (element as tsTypes.PropertyAssignment).name;
  return name && ts.isComputedPropertyName(name) ? [{ node: name.expression, role: "key" }] : [];
}

function elementPrefix(ts: TypeScript, element: tsTypes.Node, child: tsTypes.Node): Operand[] {
  const isInPattern =
    isPatternLiteral(ts, element.parent) ||
    (ts.isPropertyAssignment(element.parent) && isPatternLiteral(ts, element.parent.parent));
  if (!isInPattern || !ts.isBinaryExpression(element)) return [];
  const operands = elementOperands(ts, element);
  return operands.slice(
    0,
    operands.findIndex(({ node }) => node === child),
  );
}

/** What stands in front of each `?.` of a chain, seen from a suspension behind it. */
function basesOfChain(ts: TypeScript, parent: tsTypes.Node, child: tsTypes.Node): Operand[] {
  const bases: Operand[] = [];
  let link: tsTypes.Node = parent;
  while (isChainLink(ts, link) && (link !== parent || link.expression !== child)) {
    const isCall = ts.isCallExpression(link);
    if (link.questionDotToken && !isCall) bases.push({ node: link.expression, role: "value" });
    link = link.expression;
  }
  return bases;
}

type ChainLink = tsTypes.PropertyAccessExpression | tsTypes.ElementAccessExpression | tsTypes.CallExpression;

export function isChainLink(ts: TypeScript, node: tsTypes.Node): node is ChainLink {
  if ((node.flags & ts.NodeFlags.OptionalChain) === 0) return false;
  return ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node);
}

function isStable(input: TemporariesInput, { node, role }: Operand, later: ReadonlySet<Suspension>): boolean {
  if (node.kind === input.ts.SyntaxKind.ObjectBindingPattern || node.kind === input.ts.SyntaxKind.ArrayBindingPattern)
    return false;
  if (role === "method") return isStableMethod(input, node);
  if (role !== "value") return input.ts.isStringLiteralLike(node) || input.ts.isNumericLiteral(node);
  return isStableValue(input, node, later);
}

function isStableValue(
  input: Omit<TemporariesInput, "suspensions">,
  node: tsTypes.Node,
  later: ReadonlySet<Suspension>,
): boolean {
  const { ts, bindings } = input;
  const inner = ts.isExpression(node) ? unwrap(ts, node) : node;
  if (ts.isLiteralExpression(inner) || ts.isArrowFunction(inner)) return true;
  if (ts.isFunctionExpression(inner)) return true;
  const { SyntaxKind } = ts;
  const constants = [SyntaxKind.TrueKeyword, SyntaxKind.FalseKeyword, SyntaxKind.NullKeyword, SyntaxKind.ThisKeyword];
  if (constants.includes(inner.kind)) return true;
  if (!ts.isIdentifier(inner)) return false;
  const binding = bindings.byIdentifier.get(inner);
  if (!binding) return isConstantName(ts, input.facts, inner);
  if (binding.reassigned || mayBeEarly(ts, bindings, inner, binding)) return false;
  if (input.free.has(binding)) return true;
  const isSlot = input.slots.all.has(binding);
  // A function declaration that stays in place is there whenever its block is entered.
  if (!isSlot && binding.kind === "function") return true;
  return isSlot && [...later].every((suspension) => input.slots.live.get(suspension)?.has(binding));
}

/** Tools, and methods of the language's own objects: nobody exchanges them while a run waits. */
function isStableMethod({ ts, bindings, tools, facts }: TemporariesInput, node: tsTypes.Node): boolean {
  if (toolCall(ts, callOf(ts, node), bindings, tools)) return true;
  if (!ts.isPropertyAccessExpression(node)) return false;
  const object = unwrap(ts, node.expression);
  if (!ts.isIdentifier(object) || bindings.byIdentifier.has(object)) return false;
  return standardObjects.has(object.text) && !facts.declared.has(object.text);
}

const standardObjects: ReadonlySet<string> = new Set(
  "Array BigInt Boolean Date Intl JSON Math Number Object Promise Reflect String Symbol console".split(" "),
);

function callOf(ts: TypeScript, callee: tsTypes.Node): tsTypes.Node {
  let node = callee.parent;
  while (ts.isExpression(node) && !ts.isCallExpression(node)) node = node.parent;
  return node;
}

/** Named after their source: a variable, a property, the function that is called, else the role. */
function nameOf(ts: TypeScript, { node, role }: Operand): string {
  const inner = ts.isExpression(node) ? unwrap(ts, node) : node;
  return sourceName(ts, inner) ?? (role === "properties" ? "properties" : role === "key" ? "key" : "value");
}

function sourceName(ts: TypeScript, node: tsTypes.Node): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text.replace("#", "");
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const [id] = node.arguments ?? [];
    const callee = unwrap(ts, node.expression);
    const isTool = ts.isPropertyAccessExpression(callee) && id !== undefined && ts.isStringLiteralLike(id);
    return isTool && /^[A-Za-z_][\w-]{0,29}$/.test(id.text) ? id.text.replace(/-/g, "_") : sourceName(ts, callee);
  }
  if (ts.isAwaitExpression(node)) return sourceName(ts, unwrap(ts, node.expression));
  return ts.isElementAccessExpression(node) ? sourceName(ts, unwrap(ts, node.expression)) : undefined;
}

function freshName(wish: string, taken: Set<string>): string {
  const base = wish === "__proto__" ? "proto" : wish;
  let name = base;
  for (let ordinal = 2; taken.has(name); ordinal++) name = `${base}${ordinal}`;
  taken.add(name);
  return name;
}
