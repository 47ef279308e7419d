/** Callbacks that are called before the call to which they are given returns, which keeps nothing of them. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, NestedFunction, TypeScript } from "../ir.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Bindings } from "./scopes.ts";

/** Methods of arrays, strings, maps and sets, and functions of the language, by the place of their callback. */
const places: ReadonlyMap<string, number> = new Map([
  ...["every", "filter", "find", "findIndex", "findLast", "findLastIndex", "flatMap", "forEach", "map"].map(first),
  ...["reduce", "reduceRight", "some", "sort", "toSorted"].map(first),
  ...["replace", "replaceAll", "groupBy", "stringify", "parse", "from"].map(second),
]);

function first(method: string): [string, number] {
  return [method, 0];
}

function second(method: string): [string, number] {
  return [method, 1];
}

interface Names {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly facts: Pick<FileFacts, "members">;
}

/**
 * `list.map((item) => …)`, unless the file writes a `map` of its own, which may keep what it is given.
 *
 * @param call what is given the function
 */
export function isUsedAtOnce(
  { ts, bindings, facts }: Names,
  call: tsTypes.CallExpression,
  fn: NestedFunction,
): boolean {
  const callee = unwrap(ts, call.expression);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const method = callee.name.text;
  const given = call.arguments[places.get(method) ?? -1];
  return (
    given !== undefined && unwrap(ts, given) === fn && !facts.members.has(method) && !namesItself(ts, bindings, fn)
  );
}

/** `function me() { kept.push(me); }` */
function namesItself(ts: TypeScript, bindings: Bindings, { name }: NestedFunction): boolean {
  const binding = name && bindings.byIdentifier.get(name);
  return binding !== undefined && !isOnlyCalled(ts, binding);
}

/** Whether all that becomes of a function is that it is called by its name. */
export function isOnlyCalled(ts: TypeScript, binding: Binding): boolean {
  return binding.references.every(({ node }) => ts.isCallExpression(node.parent) && node.parent.expression === node);
}
