/**
 * Finds durable helpers: functions that are given a `Step` or a `Context`, also by the names that these have in Inngest.
 *
 *   async function pay(step: Step, sum: number) { … }      code id "shop#pay"
 *   class Orders { async ship({ step }: Context) { … } }   code id "shop#Orders.ship"
 */
import type tsTypes from "typescript";
import type { FoundUnit, FunctionNode, TypeScript } from "../ir.ts";
import { importedTypes, isCompiled, type PackageImports } from "./imports.ts";
import type { Nodes } from "./nodes.ts";
import { givesCallbacks, isPromised, toolTypes } from "./promised.ts";

/** The helpers of a file, those inside of others included. */
export function findHelpers(
  ts: TypeScript,
  file: tsTypes.SourceFile,
  nodes: Nodes,
  imports: PackageImports,
): FoundUnit[] {
  const helpers: FoundUnit[] = [];
  if (isCompiled(ts, file)) return helpers;
  for (const node of candidates(ts, nodes)) {
    if (!takesTools(ts, node, imports) || !needsFrame(ts, node, imports)) continue;
    helpers.push({ kind: "helper", fn: node, code: namePath(ts, node) });
  }
  return helpers;
}

/** Functions with a body. */
export function candidates({ SyntaxKind }: TypeScript, nodes: Nodes): FunctionNode[] {
  const { ArrowFunction, FunctionExpression, FunctionDeclaration, MethodDeclaration } = SyntaxKind;
  const kinds = [ArrowFunction, FunctionExpression, FunctionDeclaration, MethodDeclaration] as const;
  return kinds.flatMap((kind) => nodes.of<FunctionNode>(kind).filter(({ body }) => body !== undefined));
}

/** Whether the text of a function says that it is given tools. */
export function takesTools(ts: TypeScript, { parameters }: FunctionNode, imports: PackageImports): boolean {
  return parameters.some(({ type }) => {
    const types = type && importedTypes(ts, type, imports);
    return types && toolTypes.some((name) => types.has(name));
  });
}

/**
 * A function that is not async runs within a segment of its caller. But the callbacks that it gives to steps live longer:
 * when it holds functions and returns a promise, its caller can as well be given that of a durable call. One that gives a
 * step a callback and may return something else cannot be compiled (`analyse/check-unit.ts`).
 */
export function needsFrame(ts: TypeScript, fn: FunctionNode, imports: PackageImports): boolean {
  if ((ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0) return true;
  if (fn.asteriskToken || !fn.body) return false;
  const holdsFunction = (node: tsTypes.Node): boolean =>
    !ts.isTypeNode(node) && (ts.isFunctionLike(node) || (ts.forEachChild(node, holdsFunction) ?? false));
  return holdsFunction(fn.body) && (isPromised(ts, fn, imports) || givesCallbacks(ts, fn, imports));
}

/** The names around a function, outermost first: `Class.method`, `object.method`, `factory.helper`, `Namespace.helper`. */
function namePath(ts: TypeScript, fn: FunctionNode): string {
  const names: string[] = [];
  for (let node: tsTypes.Node = fn; !ts.isSourceFile(node); node = node.parent) {
    const name = nameOf(ts, node);
    // `const pay = async function pay …` is one name.
    if (name !== undefined && !isNamedByParent(ts, node)) names.unshift(name);
  }
  return names.length > 0 ? names.join(".") : "anonymous";
}

function nameOf(ts: TypeScript, node: tsTypes.Node): string | undefined {
  if (ts.isExportAssignment(node)) return "default";
  if (ts.isBinaryExpression(node)) {
    const isAssignment = node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    return isAssignment ? node.left.getText().replace(/\s/g, "") : undefined;
  }
  const isNamed =
    ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isClassElement(node) ||
    ts.isObjectLiteralElement(node) ||
    ts.isFunctionLike(node) ||
    ts.isClassLike(node) ||
    ts.isModuleDeclaration(node);
  if (!isNamed) return undefined;
  const name = (node as tsTypes.NamedDeclaration).name;
  if (name === undefined) {
    const isDefault =
      ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    return isDefault ? "default" : undefined;
  }
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteralLike(name)) return name.text;
  return ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name) ? undefined : name.getText();
}

/** Whether a function or class expression is called after what it is given to. */
function isNamedByParent(ts: TypeScript, node: tsTypes.Node): boolean {
  if (!ts.isFunctionExpression(node) && !ts.isClassExpression(node)) return false;
  let { parent } = node as tsTypes.Node;
  while (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent)) {
    parent = parent.parent;
  }
  return nameOf(ts, parent) !== undefined;
}

/** Paths that occur more than once in a file get an ordinal with their total, `pay#2/3`, like labels. */
export function uniqueCodes(units: readonly FoundUnit[], packageName: string): FoundUnit[] {
  const totals = new Map<string, number>();
  for (const { kind, code } of units) if (kind !== "handler") totals.set(code, (totals.get(code) ?? 0) + 1);
  const seen = new Map<string, number>();
  return units.map((unit) => {
    if (unit.kind === "handler") return unit;
    const total = totals.get(unit.code) as number;
    const ordinal = (seen.get(unit.code) ?? 0) + 1;
    seen.set(unit.code, ordinal);
    return { ...unit, code: `${packageName}#${unit.code}${total > 1 ? `#${ordinal}/${total}` : ""}` };
  });
}
