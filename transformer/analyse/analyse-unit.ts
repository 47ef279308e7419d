/** All that the later phases know of one unit. */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import type { Binding, Scope, Suspension, TypeScript, Unit } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import { FlowBuilder } from "./build-flow.ts";
import { checkConstructs } from "./check-constructs.ts";
import { type Closures, findClosures } from "./closures.ts";
import type { FlowGraph } from "./control-flow.ts";
import { enclosingConstructs } from "./enclosing.ts";
import { baseLabel, qualifyLabels } from "./labels.ts";
import { computeLiveness } from "./liveness.ts";
import { namePaths, scopesOf } from "./paths.ts";
import { type Bindings, bindNames } from "./scopes.ts";
import { decideSlots, type Slots } from "./slots.ts";
import { findSuspensions, type Suspensions } from "./suspensions.ts";
import { findTools, type Tools, toolCall } from "./tools.ts";

export interface Analysis {
  readonly unit: Unit;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly suspensions: Suspensions;
  readonly closures: Closures;
  readonly slots: Slots;
  readonly graph: FlowGraph;
  /** Bindings of parameters that stay as they are: bound again at each entry. */
  readonly free: ReadonlySet<Binding>;
  /** Path of each scope that holds slots, outermost first. */
  readonly paths: ReadonlyMap<Scope, string>;
}

export function analyseUnit(ts: TypeScript, unit: Unit, imports: PackageImports, report: Reporter): Analysis {
  const bindings = bindNames(ts, unit);
  const tools = findTools(ts, unit, bindings, imports);
  const suspensions = findSuspensions(ts, unit, bindings, tools, report);
  labelSuspensions(ts, unit, suspensions, bindings, tools);
  const free = freeParameters(ts, unit, bindings);
  const closures = findClosures({ ts, bindings, suspensions, tools, imports, free });
  nameClosures(ts, closures, suspensions);
  const graph = buildGraph(ts, unit, bindings, suspensions, closures);
  const liveBehind = computeLiveness(graph, bindings.all);
  const slots = decideSlots({ ts, bindings, suspensions, closures, free, liveBehind });
  const scopes = scopesOf(slots.all);
  const named = namePaths(
    ts,
    scopes.map((scope) => scope.node),
    unit.fn,
    suspensions,
  );
  const paths = new Map(scopes.map((scope) => [scope, named.get(scope.node) as string]));
  const analysis = { unit, bindings, tools, suspensions, closures, slots, graph, free, paths };
  checkConstructs(ts, analysis, imports, report);
  return analysis;
}

function labelSuspensions(
  ts: TypeScript,
  unit: Unit,
  suspensions: Suspensions,
  bindings: Bindings,
  tools: Tools,
): void {
  const bases = suspensions.all.map(({ node, operand }) => ({
    base: baseLabel(ts, operand, toolCall(ts, operand, bindings, tools) !== undefined),
    within: enclosingConstructs(ts, node, unit.fn, suspensions.inlined),
  }));
  const labels = qualifyLabels(bases);
  for (const [position, suspension] of suspensions.all.entries()) suspension.label = labels[position] as string;
}

/**
 * The handler's context comes from the runtime at every entry: names taken from it plainly, and never reassigned, need
 * no slot. Everything else about parameters is bound once, as the first act of the body.
 */
function freeParameters(ts: TypeScript, unit: Unit, bindings: Bindings): Set<Binding> {
  const free = new Set<Binding>();
  const [context] = unit.fn.parameters;
  if (unit.kind !== "handler" || !context || !isPlainContext(ts, context)) return free;
  for (const binding of bindings.root.names.values()) {
    if (binding.kind === "param" && isDeclaredBy(binding, context)) free.add(binding);
  }
  return [...free].some((binding) => binding.reassigned) ? new Set() : free;
}

export function isPlainContext(ts: TypeScript, parameter: tsTypes.ParameterDeclaration): boolean {
  if (parameter.initializer || parameter.dotDotDotToken) return false;
  if (ts.isIdentifier(parameter.name)) return true;
  if (!ts.isObjectBindingPattern(parameter.name)) return false;
  return parameter.name.elements.every(
    (element) =>
      ts.isIdentifier(element.name) &&
      !element.initializer &&
      !element.dotDotDotToken &&
      (!element.propertyName || ts.isIdentifier(element.propertyName)),
  );
}

function isDeclaredBy(binding: Binding, parameter: tsTypes.ParameterDeclaration): boolean {
  return binding.declarations.every((name) => name.pos >= parameter.pos && name.end <= parameter.end);
}

/** A callback is called after its op's label, other closures after the name they are given. */
function nameClosures(ts: TypeScript, closures: Closures, suspensions: Suspensions): void {
  const taken = new Set<string>();
  const byOperand = new Map<tsTypes.Node, Suspension>(
    suspensions.all.map((suspension) => [suspension.operand, suspension]),
  );
  for (const record of closures.records.values()) {
    const base = record.role === "callback" ? callbackName(record.node, byOperand) : valueName(ts, record.node);
    let id = base;
    for (let ordinal = 2; taken.has(id); ordinal++) id = `${base}#${ordinal}`;
    taken.add(id);
    record.id = id;
  }
}

function callbackName(node: tsTypes.Node, byOperand: ReadonlyMap<tsTypes.Node, Suspension>): string {
  for (let outer = node.parent; outer; outer = outer.parent) {
    const holder = byOperand.get(outer);
    if (holder) return holder.label;
  }
  return "callback";
}

function valueName(ts: TypeScript, node: tsTypes.Node): string {
  if (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)) {
    if (node.name) return node.name.text;
  }
  let user = node.parent;
  if (ts.isCallExpression(user)) user = user.parent;
  if (ts.isVariableDeclaration(user) && ts.isIdentifier(user.name)) return user.name.text;
  if (ts.isPropertyAssignment(user) && ts.isIdentifier(user.name)) return user.name.text;
  if (ts.isBinaryExpression(user) && ts.isIdentifier(user.left)) return user.left.text;
  return "fn";
}

function buildGraph(
  ts: TypeScript,
  unit: Unit,
  bindings: Bindings,
  suspensions: Suspensions,
  closures: Closures,
): FlowGraph {
  const none: ReadonlySet<Binding> = new Set();
  return new FlowBuilder({
    ts,
    unit,
    bindings,
    suspensions,
    capturesOf: (fn) => closures.captures.get(fn) ?? none,
    usesOfCall: (binding) => (binding.closure && closures.captures.get(binding.closure)) ?? none,
  }).build();
}

/** The suspensions that a node holds, in source order. */
export function heldBy(analysis: Analysis, node: tsTypes.Node | undefined): readonly Suspension[] {
  return (node && analysis.suspensions.holders.get(node)) ?? [];
}
