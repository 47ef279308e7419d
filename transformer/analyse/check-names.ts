/** Names that the language lets share a scope, and that records cannot tell apart. */
import type tsTypes from "typescript";
import type { Binding, TypeScript } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import type { Analysis } from "./analyse-unit.ts";
import { functionAround } from "./paths.ts";

export function checkNames(ts: TypeScript, analysis: Analysis, report: Reporter): void {
  for (const binding of analysis.bindings.all) {
    if (!isInRewritten(ts, analysis, binding)) continue;
    const [first, second] = binding.declarations;
    const refuse = (node: tsTypes.Node, construct: string) =>
      report.error("unsupported-construct", node, { construct, fix: "Give one of them another name." });
    if (second && binding.declarations.some((name) => isFunction(ts, name))) {
      refuse(second, `A second declaration of \`${binding.name}\` beside a function of that name`);
    } else if (first && second && binding.kind === "param" && hasFunctions(ts, first)) {
      refuse(
        second,
        `A variable called like the parameter \`${binding.name}\`, beside a default that holds a function,`,
      );
    }
    const shadow =
      binding.kind === "var" ? binding.declarations.find((name) => isCalledLikeCaught(ts, name)) : undefined;
    if (shadow) refuse(shadow, `A \`var\` called like the error that the \`catch\` around it names`);
  }
}

/** In a function whose body is rewritten: a durable one, or one whose variables closures take along. */
function isInRewritten(ts: TypeScript, { bindings, functions, slots }: Analysis, binding: Binding): boolean {
  const owner = functionAround(binding.scope, bindings);
  for (const fn of functions.keys()) if (fn === owner) return true;
  return ts.isFunctionLike(owner) && [...slots.all].some(({ scope }) => functionAround(scope, bindings) === owner);
}

function isFunction(ts: TypeScript, { parent }: tsTypes.Identifier): boolean {
  return ts.isFunctionDeclaration(parent) && parent.body !== undefined;
}

/** Whether a default of the function's parameters holds a function. */
function hasFunctions(ts: TypeScript, name: tsTypes.Identifier): boolean {
  let fn: tsTypes.Node = name.parent;
  while (!ts.isFunctionLike(fn)) fn = fn.parent;
  const holds = (node: tsTypes.Node): boolean => ts.isFunctionLike(node) || (ts.forEachChild(node, holds) ?? false);
  return fn.parameters.some(({ initializer }) => initializer !== undefined && holds(initializer));
}

function isCalledLikeCaught(ts: TypeScript, name: tsTypes.Identifier): boolean {
  for (let node: tsTypes.Node = name.parent; node && !ts.isFunctionLike(node); node = node.parent) {
    const caught = ts.isCatchClause(node) ? node.variableDeclaration?.name : undefined;
    if (caught && ts.isIdentifier(caught) && caught.text === name.text) return true;
  }
  return false;
}
