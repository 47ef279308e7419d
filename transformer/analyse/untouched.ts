/** Functions whose inside the compiler leaves alone. */
import type tsTypes from "typescript";
import { importedName, type PackageImports } from "../discover/imports.ts";
import type { NestedFunction, TypeScript } from "../ir.ts";
import { usesClass } from "./classes.ts";
import { isDurable, isInBody, isStepCallback, userOf } from "./functions.ts";
import { isGeneratorMethod } from "./generators.ts";
import type { Bindings } from "./scopes.ts";
import type { Tools } from "./tools.ts";

interface Surroundings {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly imports: PackageImports;
}

/** The callback of a step, the maker of a local value, and all that belongs to a class. */
export function isUntouched(around: Surroundings, fn: NestedFunction): boolean {
  const { ts } = around;
  if (belongsToClass(around, fn)) return true;
  if (!ts.isArrowFunction(fn) && !ts.isFunctionExpression(fn)) return false;
  return isStepCallback(around, fn) || isMaker(around, fn);
}

/** What is in the body of a class. A function of a generator method can stand elsewhere when it uses nothing of the class. */
export function belongsToClass({ ts, bindings }: Pick<Surroundings, "ts" | "bindings">, node: tsTypes.Node): boolean {
  for (let at = node; at !== bindings.root.node && at.parent; at = at.parent) {
    if (!isInBody(ts, at, node)) continue;
    const isOfGenerator = at !== node && ts.isFunctionLike(node) && isGeneratorMethod(ts, at as NestedFunction);
    if (!isOfGenerator || isDurable(ts, node as NestedFunction) || usesClass(ts, bindings, node)) return true;
  }
  return false;
}

function isMaker({ ts, imports }: Surroundings, fn: tsTypes.Expression): boolean {
  const user = userOf(ts, fn);
  return ts.isCallExpression(user) && importedName(ts, user.expression, imports) === "local";
}
