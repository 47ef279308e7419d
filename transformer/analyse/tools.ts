/**
 * Which names of a unit are the tool object (`step`) or a context that holds one, and which calls are tool calls.
 * From syntax alone: used for labels, chains and diagnostics. What suspends durably is decided at run time by brand.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import { importedTypes, type PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { Binding, Chain, ChainLink, TypeScript, Unit } from "../ir.ts";
import type { Bindings } from "./scopes.ts";

/** What a tool waits for: code that is run, a time, another run. The others wait for something from outside. */
type ToolKind = "step" | "sleep" | "call" | "wait";

const toolKinds: ReadonlyMap<string, ToolKind> = new Map([
  ["run", "step"],
  ["ai.wrap", "step"],
  ["fetch", "step"],
  ["sendEvent", "step"],
  ["sendSignal", "step"],
  ["sleep", "sleep"],
  ["sleepUntil", "sleep"],
  ["invoke", "call"],
]);

export interface Tools {
  readonly steps: ReadonlySet<Binding>;
  readonly contexts: ReadonlySet<Binding>;
  /** `group`, whose `parallel` calls a function. */
  readonly groups: ReadonlySet<Binding>;
}

interface ToolsInput {
  readonly ts: TypeScript;
  readonly unit: Unit;
  /** As in `Analysis`. */
  readonly nodes: Nodes;
  readonly bindings: Bindings;
  readonly imports: PackageImports;
}

export function findTools(input: ToolsInput): Tools {
  const { ts, unit, bindings, imports } = input;
  const steps = new Set<Binding>();
  const contexts = new Set<Binding>();
  for (const [position, parameter] of unit.fn.parameters.entries()) {
    const types = parameter.type ? importedTypes(ts, parameter.type, imports) : new Set<string>();
    const isContext = types.has("Context") || (unit.kind === "handler" && position === 0);
    if (ts.isIdentifier(parameter.name)) {
      const binding = bindings.byIdentifier.get(parameter.name);
      const isStep = types.has("Step") || (!isContext && parameter.name.text === "step");
      if (binding) (isStep ? steps : isContext ? contexts : new Set<Binding>()).add(binding);
    } else {
      addStepOf(ts, parameter.name, bindings, steps);
    }
  }
  findNested(input, { steps, contexts });
  followAliases(input, steps, contexts);
  return { steps, contexts, groups: findGroups(input, contexts) };
}

/** `{ group }` of the handler's context, as a parameter or later. */
function findGroups({ ts, unit, nodes, bindings }: ToolsInput, contexts: ReadonlySet<Binding>): ReadonlySet<Binding> {
  const groups = new Set<Binding>();
  const [context] = unit.fn.parameters;
  if (unit.kind === "handler" && context) addNamed(ts, context.name, bindings, "group", groups);
  for (const { name, initializer } of nodes.of<tsTypes.VariableDeclaration>(ts.SyntaxKind.VariableDeclaration)) {
    const value = initializer && unwrap(ts, initializer);
    const source = value && ts.isIdentifier(value) ? bindings.byIdentifier.get(value) : undefined;
    if (source && contexts.has(source)) addNamed(ts, name, bindings, "group", groups);
  }
  return groups;
}

/** Functions nested in the unit get tools by parameters that are called `step`, or are annotated as tools. */
function findNested(
  { ts, unit, nodes, bindings, imports }: ToolsInput,
  { steps, contexts }: { steps: Set<Binding>; contexts: Set<Binding> },
): void {
  for (const node of nodes.of<tsTypes.ParameterDeclaration>(ts.SyntaxKind.Parameter)) {
    if (node.parent === unit.fn) continue;
    const types = node.type ? importedTypes(ts, node.type, imports) : new Set<string>();
    const binding = ts.isIdentifier(node.name) ? bindings.byIdentifier.get(node.name) : undefined;
    if (!binding) addStepOf(ts, node.name, bindings, steps);
    else if (types.has("Step") || (types.size === 0 && binding.name === "step")) steps.add(binding);
    else if (types.has("Context")) contexts.add(binding);
  }
}

/** `{ step: s }` as a pattern: `s` is a tool object. */
function addStepOf(ts: TypeScript, pattern: tsTypes.BindingName, bindings: Bindings, steps: Set<Binding>): void {
  addNamed(ts, pattern, bindings, "step", steps);
}

/** What a pattern calls the property of this name. */
function addNamed(
  ts: TypeScript,
  pattern: tsTypes.BindingName,
  bindings: Bindings,
  property: string,
  found: Set<Binding>,
): void {
  if (!ts.isObjectBindingPattern(pattern)) return;
  for (const element of pattern.elements) {
    const key = element.propertyName ?? element.name;
    if (!ts.isIdentifier(key) || key.text !== property || !ts.isIdentifier(element.name)) continue;
    const binding = bindings.byIdentifier.get(element.name);
    if (binding) found.add(binding);
  }
}

/** `const { step } = ctx`, `const s = ctx.step`, `const s = step` in the body. */
function followAliases({ ts, nodes, bindings }: ToolsInput, steps: Set<Binding>, contexts: ReadonlySet<Binding>): void {
  for (const { name, initializer } of nodes.of<tsTypes.VariableDeclaration>(ts.SyntaxKind.VariableDeclaration)) {
    if (!initializer) continue;
    const value = unwrap(ts, initializer);
    const source = ts.isIdentifier(value) ? bindings.byIdentifier.get(value) : undefined;
    if (source && contexts.has(source)) addStepOf(ts, name, bindings, steps);
    const named = ts.isIdentifier(name) ? bindings.byIdentifier.get(name) : undefined;
    if (named && isToolObject(ts, value, bindings, { steps, contexts })) steps.add(named);
  }
}

function isToolObject(
  ts: TypeScript,
  node: tsTypes.Expression,
  bindings: Bindings,
  tools: Pick<Tools, "steps" | "contexts">,
): boolean {
  const value = unwrap(ts, node);
  if (ts.isIdentifier(value)) {
    const binding = bindings.byIdentifier.get(value);
    return binding !== undefined && tools.steps.has(binding);
  }
  if (!ts.isPropertyAccessExpression(value) || value.name.text !== "step") return false;
  const owner = unwrap(ts, value.expression);
  const binding = ts.isIdentifier(owner) ? bindings.byIdentifier.get(owner) : undefined;
  return binding !== undefined && tools.contexts.has(binding);
}

/** The kind of a tool call (`step.run(…)`, `step.ai.wrap(…)`), or undefined for any other expression. */
export function toolCall(ts: TypeScript, node: tsTypes.Node, bindings: Bindings, tools: Tools): ToolKind | undefined {
  const name = toolName(ts, node, bindings, tools);
  return name === undefined ? undefined : (toolKinds.get(name) ?? "wait");
}

/** `run` of `step.run(…)`, `ai.wrap` of `step.ai.wrap(…)`; undefined for any other expression. */
export function toolName(ts: TypeScript, node: tsTypes.Node, bindings: Bindings, tools: Tools): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = unwrap(ts, node.expression);
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  const { expression, name } = callee;
  if (isToolObject(ts, expression, bindings, tools)) return name.text;
  const owner = unwrap(ts, expression);
  if (!ts.isPropertyAccessExpression(owner) || owner.name.text !== "ai") return undefined;
  return isToolObject(ts, owner.expression, bindings, tools) ? `ai.${name.text}` : undefined;
}

/** `f` of `group.parallel(f)` and `context.group.parallel({ mode: "race" }, f)`; undefined for any other expression. */
export function parallelCallback(
  ts: TypeScript,
  node: tsTypes.Node,
  bindings: Bindings,
  { groups, contexts }: Tools,
): tsTypes.Expression | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = unwrap(ts, node.expression);
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "parallel") return undefined;
  const group = unwrap(ts, callee.expression);
  const isMember = ts.isPropertyAccessExpression(group) && group.name.text === "group";
  const root = isMember ? unwrap(ts, group.expression) : group;
  const binding = ts.isIdentifier(root) ? bindings.byIdentifier.get(root) : undefined;
  const isGroup = binding !== undefined && (isMember ? contexts : groups).has(binding);
  const callback = node.arguments[node.arguments.length - 1];
  return isGroup && callback ? unwrap(ts, callback) : undefined;
}

/** The tool call whose handle an expression gives: `step.run(…)` of `step.run(…).rollback(f)`, too. */
export function toolOf(
  ts: TypeScript,
  node: tsTypes.Node,
  bindings: Bindings,
  tools: Tools,
): tsTypes.CallExpression | undefined {
  const call = withoutRollbacks(ts, node);
  return ts.isCallExpression(call) && toolCall(ts, call, bindings, tools) ? call : undefined;
}

/** Whether a call gives a tool to what it calls: that may be durable. */
export function givesTool(
  ts: TypeScript,
  call: tsTypes.CallExpression,
  bindings: Bindings,
  { steps, contexts }: Tools,
): boolean {
  return call.arguments.some((argument) => {
    const binding = ts.isIdentifier(argument) ? bindings.byIdentifier.get(argument) : undefined;
    return binding !== undefined && (steps.has(binding) || contexts.has(binding));
  });
}

/** `h` of `h.rollback(f).rollback(g)`. */
export function withoutRollbacks(ts: TypeScript, node: tsTypes.Node): tsTypes.Node {
  const source = ts.isCallExpression(node) && rollbackSource(ts, node);
  return source ? withoutRollbacks(ts, source) : node;
}

/** `h` of `h.rollback(f)`, which registers `f` and gives `h` back. */
export function rollbackSource(ts: TypeScript, call: tsTypes.CallExpression): tsTypes.Expression | undefined {
  const callee = unwrap(ts, call.expression);
  const isRollback = ts.isPropertyAccessExpression(callee) && callee.name.text === "rollback";
  return isRollback && call.arguments.length > 0 ? unwrap(ts, callee.expression) : undefined;
}

/** `step.run(…).catch(f).then(g)`: undefined when the innermost call is not a tool call. */
export function chainOf(ts: TypeScript, node: tsTypes.Expression, bindings: Bindings, tools: Tools): Chain | undefined {
  const links: ChainLink[] = [];
  let current = unwrap(ts, node);
  while (ts.isCallExpression(current)) {
    if (toolOf(ts, current, bindings, tools)) return { base: current, links: links.reverse() };
    const callee = unwrap(ts, current.expression);
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    const method = callee.name.text;
    if (method !== "catch" && method !== "then" && method !== "finally" && method !== "rollback") return undefined;
    links.push({ method, call: current, callbacks: [...current.arguments] });
    current = unwrap(ts, callee.expression);
  }
  return undefined;
}
