/**
 * Function declarations that stay native in a list of statements which begins with a computed jump. They move in front of it:
 * esbuild makes variables of them at the start of their `case`, which a jump to a later one passes over.
 */
import type tsTypes from "typescript";
import type { Binding, TypeScript } from "../ir.ts";
import type { Closures } from "./closures.ts";
import { usingKeyword } from "./resources.ts";

interface Surroundings {
  readonly ts: TypeScript;
  readonly closures: Closures;
}

/** Variables of the list that a function sees. In front of the jump it sees them only as slots. */
export function seenInList({ ts, closures }: Surroundings, fn: tsTypes.FunctionDeclaration): readonly Binding[] {
  const list = fn.parent;
  const isOfList = ({ scope, kind }: Binding) =>
    (scope.node === list || (scope.node === list.parent && ts.isFunctionLike(scope.node))) && isBlockScoped(kind);
  return [...(closures.captures.get(fn) ?? [])].filter(isOfList);
}

/** Whether a variable can be a slot if nothing else asks for it: a resource is bound by its own statement. */
export function mayBecomeSlot(ts: TypeScript, { declarations: [declaration] }: Binding): boolean {
  const list = declaration?.parent.parent;
  return !(list && ts.isVariableDeclarationList(list) && usingKeyword(ts, list));
}

/** One that is declared by itself: `function total() { … }`, and the signatures of its overloads. */
export function isNativeDeclaration(
  { ts, closures }: Surroundings,
  node: tsTypes.Node,
): node is tsTypes.FunctionDeclaration {
  return ts.isFunctionDeclaration(node) && !closures.records.has(node);
}

function isBlockScoped(kind: Binding["kind"]): boolean {
  return kind === "let" || kind === "const" || kind === "class";
}
