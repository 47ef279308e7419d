/** Reports units whose place does not let the compiler change their form. */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import { isPromised } from "../discover/promised.ts";
import type { TypeScript, Unit } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import { isAsync, isEntered, userOf, usesThis } from "./functions.ts";

export function checkUnit(ts: TypeScript, { kind, fn }: Unit, imports: PackageImports, report: Reporter): void {
  const refuse = (node: tsTypes.Node, construct: string, fix: string): void =>
    report.error("unsupported-construct", node, { construct, fix });
  const isMember = isEntered(ts, fn);
  const member = isMember && ts.isArrowFunction(fn) ? userOf(ts, fn) : fn;
  const name = (member as tsTypes.NamedDeclaration).name ?? fn;
  if (isDecorated(ts, member)) refuse(name, "A decorated method", "Call a method without decorators from it.");
  if (isMember && ts.isComputedPropertyName(name)) refuse(name, "A computed name of a method", "Write the name out.");
  if (ts.isFunctionDeclaration(fn) && ts.isCaseOrDefaultClause(fn.parent)) {
    refuse(name, "A function declared in a clause of a `switch`", "Declare it in front of the `switch`.");
  }
  if (kind !== "handler" && !isAsync(ts, fn) && !isPromised(ts, fn, imports)) {
    const fix = "Make it async, or give it the type `Promise<…>` as its result.";
    refuse(name, "A function that runs steps, is not async and may return something else than a promise", fix);
  }
  if (kind === "helper" && !isMember && ts.isArrowFunction(fn) && usesThis(ts, fn) && !isAtModuleLevel(ts, fn)) {
    refuse(
      fn,
      "The `this` of the code around an arrow function",
      "Make the function a method, or a field of the class.",
    );
  }
}

function isDecorated(ts: TypeScript, node: tsTypes.Node): boolean {
  const own = ts.canHaveDecorators(node) && ts.getDecorators(node) !== undefined;
  if (own || !ts.isMethodDeclaration(node)) return own;
  return node.parameters.some((parameter) => ts.getDecorators(parameter) !== undefined);
}

/** There, `this` means nothing that could change. */
function isAtModuleLevel(ts: TypeScript, fn: tsTypes.Node): boolean {
  for (let outer = fn.parent; outer; outer = outer.parent) {
    if (ts.isClassLike(outer) || (ts.isFunctionLike(outer) && !ts.isArrowFunction(outer))) return false;
  }
  return true;
}
