/** Paths of property names by which code reads values of the run. */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { accessOf } from "../analyse/targets.ts";
import { isWrapper } from "../discover/unwrap.ts";
import type { Binding, TypeScript } from "../ir.ts";

/** The names behind a variable: `order.lines?.length`. Of a method that is called, those of its object; undefined for a write. */
export function readChain(ts: TypeScript, node: tsTypes.Node): string[] | undefined {
  const names: string[] = [];
  let at = node;
  for (;;) {
    const { parent } = at;
    if (isWrapper(ts, parent)) at = parent;
    else if (ts.isPropertyAccessExpression(parent) && parent.expression === at && ts.isIdentifier(parent.name)) {
      names.push(parent.name.text);
      at = parent;
    } else break;
  }
  const { parent } = at;
  if (accessOf(ts, at).write || ts.isDeleteExpression(parent)) return undefined;
  const isCalled =
    (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === at
      ? true
      : ts.isTaggedTemplateExpression(parent) && parent.tag === at;
  if (!isCalled) return names;
  return names.length > 0 ? names.slice(0, -1) : undefined;
}

/** The names behind a variable, with those that a pattern binds of it: `const { id, of: { city } } = event.data`. */
export function readPaths(ts: TypeScript, node: tsTypes.Node): string[][] | undefined {
  const names = readChain(ts, node);
  if (names === undefined) return undefined;
  let at = node;
  while (isWrapper(ts, at.parent) || (ts.isPropertyAccessExpression(at.parent) && at.parent.expression === at)) {
    at = at.parent;
  }
  const { parent } = at;
  if (!ts.isVariableDeclaration(parent) || parent.initializer !== at || !ts.isObjectBindingPattern(parent.name)) {
    return [names];
  }
  return boundPaths(ts, parent.name)?.map((bound) => [...names, ...bound]);
}

/** Of each name that a pattern binds; undefined when it may bind more than properties, or none. */
function boundPaths(ts: TypeScript, pattern: tsTypes.ObjectBindingPattern): string[][] | undefined {
  if (pattern.elements.length === 0) return undefined;
  const paths: string[][] = [];
  for (const { name, propertyName, dotDotDotToken } of pattern.elements) {
    const key = propertyName ?? name;
    if (dotDotDotToken || !ts.isIdentifier(key) || ts.isArrayBindingPattern(name)) return undefined;
    const inner = ts.isIdentifier(name) ? [[]] : boundPaths(ts, name);
    if (inner === undefined) return undefined;
    for (const path of inner) paths.push([key.text, ...path]);
  }
  return paths;
}

/** `event` of `({ event, step }) => …` is found in the arguments of the call. */
export function parameterPath(
  ts: TypeScript,
  { unit }: Analysis,
  { declarations, reassigned }: Binding,
): (string | number)[] | undefined {
  const names: string[] = [];
  let at: tsTypes.Node | undefined = declarations[0];
  if (declarations.length !== 1 || reassigned) return undefined;
  for (at = at?.parent; at && ts.isBindingElement(at); at = at.parent.parent) {
    const name = at.propertyName ?? at.name;
    if (at.initializer || at.dotDotDotToken || !ts.isIdentifier(name) || !ts.isObjectBindingPattern(at.parent)) {
      return undefined;
    }
    names.unshift(name.text);
  }
  if (!at || !ts.isParameter(at) || at.initializer || at.dotDotDotToken) return undefined;
  const index = unit.fn.parameters.indexOf(at);
  return index < 0 ? undefined : [-1, index, ...names];
}
