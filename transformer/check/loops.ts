/**
 * Loops that suspend and go over what gives its items only once: nobody can tell later where an iterator of the language
 * stands, nor a generator of code that is not compiled.
 */
import type tsTypes from "typescript";
import { heldBy } from "../analyse/analyse-unit.ts";
import { makesGenerators } from "../analyse/generators.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { FunctionNode } from "../ir.ts";
import type { Check } from "./check-units.ts";
import { mayBeStored } from "./durable-calls.ts";
import { originOf, originsOf } from "./origins.ts";
import { isGeneratorType, isIteratorType } from "./storable.ts";
import type { TypeQueries } from "./type-queries.ts";

export function checkLoops(check: Check): void {
  const { ts, analysis } = check;
  for (const loop of analysis.nodes.of<tsTypes.ForOfStatement>(ts.SyntaxKind.ForOfStatement)) checkLoop(check, loop);
}

function checkLoop(check: Check, loop: tsTypes.ForOfStatement): void {
  const suspension = heldBy(check.analysis, loop.statement).find((each) => mayBeStored(check, each));
  const type = suspension && iteratorType(check, loop.expression);
  if (type === undefined) return;
  const text = loop.expression.getText();
  const fix = loop.awaitModifier
    ? "Collect its items in a step, and loop over the array."
    : `Copy what it gives into an array: \`[...${text}]\`${type === "Generator" ? ", or move the generator function into this one." : "."}`;
  check.report.error("iterator-across-suspension", loop.expression, {
    text,
    type,
    label: suspension?.label ?? "",
    fix,
  });
}

/** The type of a generator or of an iterator of the language: from syntax for generators of the file, else from types. */
function iteratorType(check: Check, expression: tsTypes.Expression): string | undefined {
  const { ts, queries } = check;
  const value = unwrap(ts, expression);
  const callee = ts.isCallExpression(value) ? unwrap(ts, value.expression) : undefined;
  if (callee && ts.isIdentifier(callee) && isGenerator(check, callee)) return "Generator";
  // `map.entries()`: a loop keeps the collection and its own place in it.
  const isView = callee && ts.isPropertyAccessExpression(callee) && /^(?:entries|keys|values)$/.test(callee.name.text);
  const type = isView ? undefined : queries?.typeOf(expression);
  if (!type || !queries) return undefined;
  const shape = queries.shapeOf(type);
  if (!isIteratorType(shape)) return undefined;
  const mayBeMade = makesGenerators(check.analysis) && isGeneratorType(shape);
  return mayBeMade && !isForeign({ ...check, queries }, value) ? undefined : queries.textOf(type);
}

function isForeign(names: Check & { readonly queries: TypeQueries }, value: tsTypes.Expression): boolean {
  const binding = names.ts.isIdentifier(value) ? names.analysis.bindings.byIdentifier.get(value) : undefined;
  return (binding ? originsOf(names, binding, "") : [originOf(names, value, "")]).includes("foreign");
}

/** A generator function that stays as it is: of the durable function, or one that the file declares at its top. */
function isGenerator({ ts, analysis }: Check, name: tsTypes.Identifier): boolean {
  const isStarred = (node: tsTypes.Node | undefined): boolean =>
    node !== undefined &&
    (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)) &&
    node.asteriskToken !== undefined;
  const binding = analysis.bindings.byIdentifier.get(name);
  if (binding) {
    const { closure } = binding;
    return !binding.reassigned && isStarred(closure) && !analysis.functions.has(closure as FunctionNode);
  }
  return name
    .getSourceFile()
    .statements.some(
      (statement) => ts.isFunctionDeclaration(statement) && statement.name?.text === name.text && isStarred(statement),
    );
}
