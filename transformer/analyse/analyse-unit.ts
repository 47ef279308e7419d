/** All that the later phases know of one unit. */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import { type Nodes, nodesIn } from "../discover/nodes.ts";
import type { Binding, FunctionNode, Scope, Suspension, TypeScript, Unit } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import { FlowBuilder } from "./build-flow.ts";
import { checkConstructs } from "./check-constructs.ts";
import { nameClosures } from "./closure-names.ts";
import { type Closures, findClosures } from "./closures.ts";
import type { FlowGraph } from "./control-flow.ts";
import { enclosingConstructs, shortText } from "./enclosing.ts";
import { namesAround } from "./evals.ts";
import type { FileFacts } from "./file-facts.ts";
import { isStatic, objectNames } from "./functions.ts";
import { baseLabel, qualifyLabels } from "./labels.ts";
import { computeLiveness } from "./liveness.ts";
import { findOuterNames } from "./outer-names.ts";
import { cursorPaths, functionAround, namePaths, scopesOf } from "./paths.ts";
import { type Bindings, bindNames } from "./scopes.ts";
import { decideSlots, type Slots } from "./slots.ts";
import { findSuspensions, type Suspensions } from "./suspensions.ts";
import { planTemporaries, type Temporaries } from "./temporaries.ts";
import { findTools, type Tools, toolCall } from "./tools.ts";
import { nameTemplates } from "./traced.ts";

export interface Analysis {
  readonly unit: Unit;
  /** Of the unit's function, in source order, without types. */
  readonly nodes: Nodes;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly suspensions: Suspensions;
  readonly closures: Closures;
  readonly slots: Slots;
  /** By durable function: the unit's own and those nested in it. */
  readonly functions: ReadonlyMap<FunctionNode, FunctionAnalysis>;
  /** Bindings of parameters that stay as they are: bound again at each entry. */
  readonly free: ReadonlySet<Binding>;
  /** Path of each scope that holds slots, outermost first. */
  readonly paths: ReadonlyMap<Scope, string>;
  /** Names of loops with a cursor, of `finally` blocks and of resources in frames. */
  readonly cursors: ReadonlyMap<tsTypes.Node, string>;
  /** Names of the module that variables may hold. */
  readonly outer: ReadonlySet<string>;
  /** Names around the unit that a text which is evaluated may name, see `namesAround`. */
  readonly around: ReadonlyMap<string, boolean>;
  /** Names of the tagged templates whose strings may be kept. */
  readonly templates: ReadonlyMap<tsTypes.Node, string>;
}

/** What is known of one durable function by itself. */
export interface FunctionAnalysis {
  readonly fn: FunctionNode;
  readonly code: string;
  readonly graph: FlowGraph;
  readonly temporaries: Temporaries;
}

export interface Surroundings {
  /** Of the file. */
  readonly nodes: Nodes;
  readonly imports: PackageImports;
  readonly facts: FileFacts;
  readonly report: Reporter;
}

export function analyseUnit(ts: TypeScript, unit: Unit, around: Surroundings): Analysis {
  const { imports, facts, report } = around;
  const nodes = nodesIn(ts, unit.fn, around.nodes);
  const bindings = bindNames(ts, unit);
  const tools = findTools({ ts, unit, nodes, bindings, imports });
  const suspensions = findSuspensions({ ts, unit, nodes, bindings, tools, imports, facts });
  labelSuspensions(ts, suspensions, bindings, tools);
  const free = freeParameters(ts, unit, bindings);
  const closures = findClosures({ ts, nodes, bindings, suspensions, tools, imports, free, facts });
  nameClosures({ ts, closures, suspensions, bindings, tools });
  const graphs = new Map(suspensions.owners.map((fn) => [fn, buildGraph(ts, fn, bindings, suspensions, closures)]));
  const liveBehind = new Map<Suspension, Set<Binding>>();
  for (const graph of graphs.values()) {
    for (const [suspension, live] of computeLiveness(graph, bindings.all)) liveBehind.set(suspension, live);
  }
  const slots = decideSlots({ ts, bindings, suspensions, closures, free, liveBehind });
  const functions = new Map<FunctionNode, FunctionAnalysis>();
  for (const [fn, graph] of graphs) {
    const temporaries = planTemporaries({ ts, bindings, tools, suspensions, slots, free, facts }, fn);
    functions.set(fn, { fn, code: codeOf(ts, unit, fn, closures), graph, temporaries });
  }
  const paths = pathsOf(ts, bindings, suspensions, slots);
  const cursors = cursorPaths(ts, suspensions);
  const outerInput = { ts, nodes, bindings, facts, imports, tools, functions };
  const outer = new Set([...findOuterNames(outerInput), ...objectNames(ts, unit.fn)]);
  const templates = nameTemplates(ts, nodes, bindings, facts);
  const isEvaluating = bindings.evaluated.size > 0;
  const analysis: Analysis = {
    unit,
    nodes,
    bindings,
    tools,
    suspensions,
    closures,
    slots,
    functions,
    free,
    paths,
    cursors,
    outer,
    around: isEvaluating ? namesAround(ts, unit.fn, around.nodes) : new Map(),
    templates,
  };
  checkConstructs(ts, analysis, imports, report);
  return analysis;
}

/**
 * The code id of a nested function is that of its unit and its own name in the unit's table; of a method of a class, which
 * is not there, that of its class and its key: `app/Tree.[Symbol.iterator]`.
 */
function codeOf(ts: TypeScript, unit: Unit, fn: FunctionNode, { records }: Closures): string {
  if (fn === unit.fn) return unit.code;
  const id = records.get(fn)?.id;
  if (id !== undefined || !ts.isMethodDeclaration(fn)) return `${unit.code}/${id ?? "fn"}`;
  const side = isStatic(ts, fn) ? "static " : "";
  return `${unit.code}/${records.get(fn.parent)?.id ?? "class"}.${side}${shortText(fn.name.getText())}`;
}

/** Paths begin at the function whose frame holds the record. */
function pathsOf(ts: TypeScript, bindings: Bindings, suspensions: Suspensions, slots: Slots): Map<Scope, string> {
  const paths = new Map<Scope, string>();
  const byOwner = new Map<tsTypes.Node, Scope[]>();
  for (const scope of scopesOf(slots.all)) {
    const owner = functionAround(scope, bindings);
    const own = byOwner.get(owner);
    if (own) own.push(scope);
    else byOwner.set(owner, [scope]);
  }
  for (const [owner, scopes] of byOwner) {
    const nodes = scopes.map(({ node }) => node);
    const named = namePaths(ts, nodes, owner, suspensions);
    for (const scope of scopes) paths.set(scope, named.get(scope.node) as string);
  }
  return paths;
}

/** Labels are told apart within each durable function. */
function labelSuspensions(ts: TypeScript, suspensions: Suspensions, bindings: Bindings, tools: Tools): void {
  const isTool = (call: tsTypes.CallExpression) => toolCall(ts, call, bindings, tools) !== undefined;
  for (const fn of suspensions.owners) {
    const own = suspensions.all.filter(({ owner }) => owner === fn);
    const bases = own.map(({ node, operand, implied }) => ({
      base: operand ? baseLabel(ts, operand, isTool) : (implied as string),
      within: () => enclosingConstructs(ts, node, fn, suspensions.inlined),
    }));
    const labels = qualifyLabels(bases);
    for (const [position, suspension] of own.entries()) suspension.label = labels[position] as string;
  }
}

/**
 * The handler's context comes from the runtime at every entry: names taken from it plainly, and never reassigned, need
 * no slot; all of them or none, as a pattern is bound as a whole. Everything else about parameters is bound once, as the first act of
 * the body.
 */
function freeParameters(ts: TypeScript, unit: Unit, bindings: Bindings): Set<Binding> {
  const [context] = unit.fn.parameters;
  if (unit.kind !== "handler" || !context || !isPlainContext(ts, context)) return new Set();
  const names = [...bindings.root.names.values()].filter((binding) => isDeclaredBy(binding, context));
  const ofBody = unit.fn.body && bindings.scopes.get(unit.fn.body)?.names;
  return new Set(names.some(({ name, reassigned }) => reassigned || ofBody?.has(name)) ? [] : names);
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

/** A `var` of the body may have the name too. */
function isDeclaredBy(binding: Binding, parameter: tsTypes.ParameterDeclaration): boolean {
  return binding.declarations.some((name) => name.pos >= parameter.pos && name.end <= parameter.end);
}

function buildGraph(
  ts: TypeScript,
  fn: FunctionNode,
  bindings: Bindings,
  suspensions: Suspensions,
  closures: Closures,
): FlowGraph {
  const none: ReadonlySet<Binding> = new Set();
  return new FlowBuilder({
    ts,
    fn,
    bindings,
    suspensions,
    capturesOf: (node) => closures.captures.get(node) ?? none,
    usesOfCall: (binding) => (binding.closure && closures.captures.get(binding.closure)) ?? none,
  }).build();
}

/** The suspensions that a node holds, in source order. */
export function heldBy(analysis: Analysis, node: tsTypes.Node | undefined): readonly Suspension[] {
  return (node && analysis.suspensions.holders.get(node)) ?? [];
}
