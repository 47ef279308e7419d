/** Variables that live across a suspension, and what the callbacks of steps take along: all of it is stored. */
import type tsTypes from "typescript";
import { makesGenerators } from "../analyse/generators.ts";
import { usingKeyword } from "../analyse/resources.ts";
import type { Binding, Suspension } from "../ir.ts";
import { adviceFor, placeOf } from "./advice.ts";
import type { TypedCheck } from "./check-units.ts";
import { mayBeStored } from "./durable-calls.ts";
import { isLocal, originsOf } from "./origins.ts";
import { type Finding, findUnstorable, isGeneratorType } from "./storable.ts";

export function checkLiveValues(check: TypedCheck): void {
  const seen = new Set<Binding>();
  for (const suspension of check.analysis.suspensions.all) {
    if (!mayBeStored(check, suspension)) continue;
    for (const binding of check.analysis.slots.live.get(suspension) ?? []) {
      if (seen.has(binding)) continue;
      seen.add(binding);
      checkBinding(check, binding, suspension);
    }
  }
}

/** Arguments of helpers are judged where they come from. */
function checkBinding(check: TypedCheck, binding: Binding, suspension: Suspension): void {
  const [declaration] = binding.declarations;
  if (!declaration || binding.kind === "param" || isLocal(check, binding)) return;
  const finding = findingOf(check, declaration);
  if (!finding || !isCertain(check, binding, finding)) return;
  const { queries, report } = check;
  const params = {
    name: binding.name,
    type: queries.textOf(check.queries.typeOf(declaration) ?? finding.type),
    place: placeOf(queries, finding),
    label: suspension.label,
    fix: adviceFor(queries, finding).replace("const name =", `const ${binding.name} =`),
  };
  if (finding.reason === "open") report.strict("unchecked-value", declaration, params);
  else if (isResource(check, declaration)) report.error("resource-across-step", declaration, params);
  else report.error("value-not-storable", declaration, params);
}

function findingOf({ queries, known }: TypedCheck, node: tsTypes.Node): Finding | undefined {
  const type = queries.typeOf(node);
  return type && findUnstorable(queries, type, known);
}

/** What depends on the value is reported only when the value comes from code that is not compiled. */
function isCertain(check: TypedCheck, binding: Binding, finding: Finding): boolean {
  const origins = originsOf(check, binding, finding.path);
  if (finding.reason === "function" || finding.reason === "promise") return origins.includes("foreign");
  if (makesGenerators(check.analysis) && isGeneratorType(finding.shape)) return origins.includes("foreign");
  if (finding.reason === "class" && isDeclaredHere(check, finding)) return false;
  if (finding.reason === "symbol" && binding.kind === "const" && isKeptSymbol(check, binding)) return false;
  return origins.length === 0 || origins.some((origin) => origin !== "named");
}

/** Classes of the durable function itself are stored with their instances. */
function isDeclaredHere({ analysis }: TypedCheck, { shape }: Finding): boolean {
  const declaration = shape.kind === "object" ? shape.declaration : undefined;
  const { fn } = analysis.unit;
  return declaration !== undefined && fn.getSourceFile() === declaration.getSourceFile() && isWithin(declaration, fn);
}

function isWithin(node: tsTypes.Node, outer: tsTypes.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}

/** `Symbol.for("key")` and `Symbol.iterator` are the same symbol in every process. */
function isKeptSymbol({ ts }: TypedCheck, { declarations }: Binding): boolean {
  const declaration = declarations[0]?.parent;
  if (!declaration || !ts.isVariableDeclaration(declaration) || !declaration.initializer) return false;
  return /^Symbol\.(?:for\s*\(|\w+$)/.test(declaration.initializer.getText());
}

function isResource({ ts }: TypedCheck, { parent }: tsTypes.Identifier): boolean {
  return ts.isVariableDeclaration(parent) && ts.isVariableDeclarationList(parent.parent)
    ? usingKeyword(ts, parent.parent) !== undefined
    : false;
}
