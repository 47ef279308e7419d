/**
 * Where a unit stands in its file. An expression is replaced where it is; others change their form:
 *
 *   export async function pay(step) { … }     const pay = $.durable(…);  at the front of its block, and  export { pay };
 *   { async pay(step) { … } }                 { pay: $.durable(…) }
 *   class Orders { async ship(step) { … } }   ship(...$args) { return $.enter($ship, this, $args, …); }
 */
import type tsTypes from "typescript";
import type { FileFacts } from "../analyse/file-facts.ts";
import { isEntered } from "../analyse/functions.ts";
import type { FunctionNode, Rope, TypeScript, Unit } from "../ir.ts";
import { span } from "./text.ts";

/** Text that replaces a stretch of the file; an insertion replaces an empty one. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly rope: Rope;
}

/** Behind directives and a `#!` line, in front of the first statement. */
export function importPosition(ts: TypeScript, file: tsTypes.SourceFile): number {
  const first = file.statements.find((node) => !ts.isExpressionStatement(node) || !ts.isStringLiteral(node.expression));
  return first ? first.getStart(file) : file.text.length;
}

/** `rope` is the compiled function as an expression, or as a member of its class. */
export function placeUnit(ts: TypeScript, { fn }: Unit, rope: Rope, facts: FileFacts): Replacement[] {
  if (ts.isFunctionDeclaration(fn)) return placeDeclaration(ts, fn, rope, facts);
  const place = (text: Rope): Replacement[] => [{ start: fn.getStart(), end: fn.end, rope: text }];
  if (ts.isMethodDeclaration(fn) && !isEntered(ts, fn))
    return place([span(fn.name.getStart(), fn.name.end), ": ", rope]);
  return place(rope);
}

/** A declaration was callable from the front of its block on, so that is where its constant stands. */
function placeDeclaration(
  ts: TypeScript,
  fn: tsTypes.FunctionDeclaration,
  rope: Rope,
  facts: FileFacts,
): Replacement[] {
  const flags = ts.getCombinedModifierFlags(fn);
  const here = (text: Rope): Replacement => ({ start: fn.getStart(), end: fn.end, rope: text });
  if (!fn.name) return [here(["export default ", rope, ";"])];
  const name = fn.name.text;
  const isExported = (flags & ts.ModifierFlags.Export) !== 0;
  const front = ts.isSourceFile(fn.parent) ? importPosition(ts, fn.parent) : fn.parent.getStart() + 1;
  // A namespace has no list of exports: there the constant is exported itself.
  const inNamespace = ts.isModuleBlock(fn.parent);
  const keyword = `${isExported && inNamespace ? "export " : ""}${facts.assigned.has(name) ? "let" : "const"}`;
  const exported =
    flags & ts.ModifierFlags.Default
      ? `export default ${name};`
      : isExported && !inNamespace
        ? `export { ${name} };`
        : "";
  return [
    { start: front, end: front, rope: [`${keyword} ${name} = `, rope, ";\n"] },
    ...overloadsOf(ts, fn).map((node) => ({ start: node.getStart(), end: node.end, rope: "" })),
    here(exported),
  ];
}

/** The signatures in front of a function: without it, they are not allowed to stand there. */
function overloadsOf(ts: TypeScript, fn: tsTypes.FunctionDeclaration): FunctionNode[] {
  const { statements } = fn.parent as tsTypes.Block;
  return statements.filter(
    (node): node is tsTypes.FunctionDeclaration =>
      ts.isFunctionDeclaration(node) && !node.body && node.name?.text === fn.name?.text,
  );
}
