/**
 * Handlers that only read values of their arguments, by paths of property names: when all of these lead to primitives, nobody
 * changes what the arguments hold, and nobody else gets hold of it.
 *
 *   async ({ event, step }) => { await step.run("pay", () => pay(event.data.card)); … }
 *                                                          argumentReads: [[0, "event", "data", "card"]]
 */
import type tsTypes from "typescript";
import type { ReadPath } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import type { Binding, TypeScript } from "../ir.ts";
import { isIn } from "./inside.ts";
import { parameterPath, readPaths } from "./read-chain.ts";

/** Properties of the context that are primitives, or made by the runtime and stored by their names. */
const ownProperties = new Set(["step", "group", "logger", "runId", "attempt"]);
/** Paths that lead to objects. */
const objects = new Set(["0", "0,event", "0,events", "0,event,data"]);

/** Undefined for a handler that may do more. */
export function argumentReads(ts: TypeScript, analysis: Analysis): readonly ReadPath[] | undefined {
  const { unit, nodes, bindings } = analysis;
  // What a default or a computed key does is not followed, nor how a pattern takes an array apart.
  if (unit.kind !== "handler" || !unit.fn.parameters.every((parameter) => bindsPlainly(ts, parameter)))
    return undefined;
  const names = nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier);
  if (names.some(({ text }) => text === "arguments")) return undefined;
  const paths = new Map<string, ReadPath>();
  for (const parameter of unit.fn.parameters) {
    const bound = bindings.all.filter(({ declarations }) => declarations.some((name) => isIn(name, parameter)));
    for (const binding of bound) {
      const read = readsOf(ts, analysis, binding);
      if (read === undefined) return undefined;
      for (const path of read) paths.set(path.join(), path);
    }
  }
  return [...paths.values()];
}

function readsOf(ts: TypeScript, analysis: Analysis, binding: Binding): ReadPath[] | undefined {
  const root = parameterPath(ts, analysis, binding)?.slice(1);
  if (root === undefined || analysis.slots.all.has(binding)) return undefined;
  // The pattern alone reads it: of what is not there, a getter that all objects inherit.
  if (binding.references.length === 0 && !isKnown(root)) return undefined;
  const reads: ReadPath[] = [];
  for (const { node, write } of binding.references) {
    if (binding.declarations.some((name) => name === node)) continue;
    const read = write ? undefined : readPaths(ts, node);
    if (read === undefined) return undefined;
    for (const names of read) {
      const path = [...root, ...names];
      if (isOwnProperty(path)) continue;
      if (objects.has(path.join())) return undefined;
      reads.push(path);
    }
  }
  return reads;
}

function isOwnProperty([parameter, property]: ReadPath): boolean {
  return parameter === 0 && ownProperties.has(String(property));
}

function isKnown(path: ReadPath): boolean {
  return objects.has(path.join()) || isOwnProperty(path);
}

/** Whether a parameter, or a part of its pattern, gives names to properties and does nothing else. */
function bindsPlainly(
  ts: TypeScript,
  { name, initializer, dotDotDotToken }: tsTypes.ParameterDeclaration | tsTypes.BindingElement,
): boolean {
  if (initializer || dotDotDotToken) return false;
  if (ts.isIdentifier(name)) return true;
  if (!ts.isObjectBindingPattern(name) || name.elements.length === 0) return false;
  return name.elements.every(
    (element) => (!element.propertyName || ts.isIdentifier(element.propertyName)) && bindsPlainly(ts, element),
  );
}
