/**
 * Direct `eval`: its text finds the variables of the function as accessors, wherever they are kept.
 *
 *   eval(text)     $.evaluator(this, { get total() { return v.total; }, set total(value) { v.total = value; } })(text)
 */
import type tsTypes from "typescript";
import { isConstant } from "../analyse/early.ts";
import { evaluatedWords } from "../analyse/evals.ts";
import type { Binding, Rope } from "../ir.ts";
import { type Context, recordOf, slotName } from "./context.ts";
import { copyChildren } from "./copy.ts";
import { quote } from "./text.ts";

export function lowerEval(context: Context, call: tsTypes.CallExpression): Rope | undefined {
  const { bindings } = context.analysis;
  const named = bindings.evaluated.get(call);
  if (!named) return undefined;
  const value = context.names.fork().fresh("value");
  const around = namedAround(context, call, named);
  const accessors = [
    ...named.map((binding) => accessorOf(context, binding, value)),
    ...around.map(([name, isAssignable]) =>
      accessor(name, name, isAssignable ? `${name} = ${value}` : undefined, value),
    ),
  ];
  const unassigned = [
    ...named.filter((binding) => !isConstant(binding) && !isAssignedByCode(context, binding)).map(({ name }) => name),
    ...around.filter(([name, isAssignable]) => isAssignable && !context.facts.assigned.has(name)).map(([name]) => name),
  ];
  const self = bindings.byIdentifier.get(call);
  const names = `{ ${["__proto__: null", ...accessors].join(", ")} }`;
  const operands = [(self && slotName(context, self)) ?? "this", names, ...unassigned.map(quote)];
  return [`${context.frame}.evaluator(${operands.join(", ")})`, copyChildren(context, call, call.expression.end)];
}

function namedAround(
  { ts, analysis }: Context,
  call: tsTypes.CallExpression,
  named: readonly Binding[],
): (readonly [string, boolean])[] {
  const words = evaluatedWords(ts, call);
  const own = new Set(named.map(({ name }) => name));
  return [...analysis.around].filter(([name]) => !own.has(name) && words?.includes(name) !== false);
}

/** Whether anything but a text that is evaluated assigns to it. */
function isAssignedByCode({ analysis }: Context, { declarations, references }: Binding): boolean {
  const { evaluated } = analysis.bindings;
  return declarations.length > 1 || references.some(({ write, node }) => write && !evaluated.has(node.parent));
}

/** A declaration that may not have run is asked for each time: where the text stands tells nothing of when its functions run. */
function accessorOf(context: Context, binding: Binding, value: string): string {
  const { name, kind } = binding;
  const slot = slotName(context, binding);
  const isBlockScoped = kind === "let" || kind === "const" || kind === "class";
  const record = slot && isBlockScoped ? `${recordOf(context, binding.scope)}, ${quote(name)}` : undefined;
  const read = record ? `${context.frame}.read(${record})` : (slot ?? name);
  const written = record ? `${context.frame}.write(${record}, ${value})` : value;
  // What the runtime gives a handler is given again when it goes on.
  const write = context.analysis.free.has(binding)
    ? `${context.frame}.unassignable(${quote(name)})`
    : `${slot ?? name} = ${written}`;
  return accessor(name, read, isConstant(binding) ? undefined : write, value);
}

function accessor(name: string, read: string, write: string | undefined, value: string): string {
  const getter = `get ${name}() { return ${read}; }`;
  return write === undefined ? getter : `${getter}, set ${name}(${value}) { ${write}; }`;
}
