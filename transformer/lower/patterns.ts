/**
 * Declarations whose names are slots become assignments:
 *
 *   let via: Via;                 v.via = undefined;
 *   const row = load();           v.row = load();
 *   const { id, tags: [t] } = r;  ;({ id: v.id, tags: [v.t] } = r);
 */
import type tsTypes from "typescript";
import type { Rope } from "../ir.ts";
import { type Context, live, slotName, textOf } from "./context.ts";
import { copy } from "./copy.ts";
import { join } from "./text.ts";

/** Whether the names of a pattern are slots. A pattern's names go together. */
export function declaresSlots(context: Context, name: tsTypes.BindingName): boolean {
  const { ts } = context;
  if (ts.isIdentifier(name)) {
    const binding = context.analysis.bindings.byIdentifier.get(name);
    return binding !== undefined && slotName(context, binding) !== undefined;
  }
  return name.elements.some((element) => ts.isBindingElement(element) && declaresSlots(context, element.name));
}

/** Without a name there is no slot, and so no record that would tell whether the pattern was evaluated. */
export function declaresNames(context: Context, name: tsTypes.BindingName): boolean {
  const { ts } = context;
  if (ts.isIdentifier(name)) return true;
  return name.elements.some((element) => ts.isBindingElement(element) && declaresNames(context, element.name));
}

/** Statements that are left out when what stands behind them is re-entered. */
export function onceOnly(context: Context, statements: Rope): Rope {
  return [` if (${live(context)}) { `, statements, " }"];
}

/** The statement that gives the slots of `name` their values. */
export function assignPattern(context: Context, name: tsTypes.BindingName, value: Rope): Rope {
  const target = assignmentTarget(context, name);
  if (context.ts.isIdentifier(name)) return [target, " = ", value, ";"];
  // A statement that begins with a bracket would be read as the end of one that the author left without a semicolon.
  return context.ts.isObjectBindingPattern(name)
    ? [";(", target, " = ", value, ");"]
    : [";", target, " = ", value, ";"];
}

/** A binding pattern as the target of an assignment. */
export function assignmentTarget(context: Context, name: tsTypes.BindingName): Rope {
  const { ts } = context;
  if (ts.isIdentifier(name)) {
    const binding = context.analysis.bindings.byIdentifier.get(name);
    const slot = binding && slotName(context, binding);
    if (!slot) return textOf(context, name);
    return [slot.slice(0, slot.length - name.text.length), textOf(context, name)];
  }
  const isObject = ts.isObjectBindingPattern(name);
  const elements = name.elements.map((element) =>
    ts.isBindingElement(element) ? elementTarget(context, element) : "",
  );
  const hasTrailingHole =
    name.elements.length > 0 && !ts.isBindingElement(name.elements[name.elements.length - 1] as tsTypes.Node);
  return [isObject ? "{ " : "[", join(elements, ", "), hasTrailingHole ? "," : "", isObject ? " }" : "]"];
}

function elementTarget(context: Context, element: tsTypes.BindingElement): Rope {
  const { ts } = context;
  const target = assignmentTarget(context, element.name);
  if (element.dotDotDotToken) return ["...", target];
  const value: Rope = element.initializer ? [target, " = ", copy(context, element.initializer)] : target;
  if (!ts.isObjectBindingPattern(element.parent)) return value;
  if (element.propertyName) return [copy(context, element.propertyName), ": ", value];
  return [(element.name as tsTypes.Identifier).text, ": ", value];
}
