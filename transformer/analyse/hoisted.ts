/**
 * What cannot stand in a `case` as the author wrote it, in a list of statements which begins with a computed jump, because
 * esbuild takes each `case` for a list of its own:
 *
 * Function declarations that stay native move in front of the jump. esbuild makes variables of them at the start of their
 * `case`, which a jump to a later one passes over.
 *
 * Variables that a later `case` reads are slots, whether or not a suspension keeps them. When esbuild makes a text smaller, it puts the value of a constant in the place
 * of its one use in the `case`, and drops the constant.
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
    (scope.node === list || (scope.node === list.parent && hasNamesOfBlock(ts, scope.node))) && isBlockScoped(kind);
  return [...(closures.captures.get(fn) ?? [])].filter(isOfList);
}

/** What its block declares is in the scope of the construct itself. */
function hasNamesOfBlock(ts: TypeScript, node: tsTypes.Node): boolean {
  return ts.isFunctionLike(node) || ts.isCatchClause(node);
}

/** Whether a variable can be a slot if nothing else asks for it: a resource is bound by its own statement. */
export function mayBecomeSlot(ts: TypeScript, { declarations: [declaration] }: Binding): boolean {
  const list = declaration?.parent.parent;
  return !(list && ts.isVariableDeclarationList(list) && usingKeyword(ts, list));
}

/**
 * Whether a variable is read in another `case` than the one that declares it: in a suspending statement of the same list, which
 * begins a `case` of its own, or behind one.
 *
 * @param holdersOf the suspending statements of a list, in order; undefined for one without
 */
export function isReadInLaterCase(
  ts: TypeScript,
  { kind, declarations: [declaration], references }: Binding,
  holdersOf: (list: tsTypes.Node) => readonly tsTypes.Node[] | undefined,
): boolean {
  const statement = declaration && statementOf(ts, declaration);
  if (!statement || !isBlockScoped(kind)) return false;
  const list = statement.parent;
  const next = holdersOf(list)?.find(({ pos }) => pos >= statement.end);
  return next !== undefined && references.some(({ node: { pos } }) => pos >= next.pos && pos < list.end);
}

/** `const total = price();` for the name, with the list of statements as its parent. */
function statementOf(ts: TypeScript, declaration: tsTypes.Identifier): tsTypes.Node | undefined {
  let node: tsTypes.Node = declaration.parent;
  while (ts.isBindingElement(node) || ts.isBindingName(node)) node = node.parent;
  const list = node.parent;
  return ts.isVariableDeclaration(node) && ts.isVariableStatement(list.parent) ? list.parent : undefined;
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
