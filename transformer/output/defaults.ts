/**
 * What a slot starts with in a frame that an earlier version of the code wrote, and that has no such slot.
 *
 *   const limit = 5;                      5: the variable never has another value
 *   let coupon: string | undefined;       undefined: its author says that the code copes with it
 *   let owner: User | null = null;        null, likewise
 *   let total = 0; … total += …           none: what it would be by now depends on the past
 */
import type tsTypes from "typescript";
import type { SlotDefault } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, TypeScript } from "../ir.ts";
import { define } from "./tables.ts";

type Defaults = Record<string, Record<string, SlotDefault>>;

export function defaultsOf(ts: TypeScript, { paths }: Analysis, slots: readonly Binding[]): Defaults {
  const defaults: Defaults = {};
  for (const slot of slots) {
    const value = defaultOf(ts, slot);
    const path = paths.get(slot.scope);
    if (value === undefined || path === undefined) continue;
    if (!Object.hasOwn(defaults, path)) define(defaults, path, {});
    define(defaults[path] as Record<string, SlotDefault>, slot.name, value);
  }
  return defaults;
}

function defaultOf(ts: TypeScript, { declarations, kind, reassigned }: Binding): SlotDefault | undefined {
  const [name] = declarations;
  const declaration = name?.parent;
  if (declarations.length !== 1 || !declaration || !ts.isVariableDeclaration(declaration)) return undefined;
  if (declaration.name !== name || !ts.isVariableStatement(declaration.parent.parent)) return undefined;
  if (!declaration.initializer) {
    return kind !== "const" && allows(ts, declaration, ts.SyntaxKind.UndefinedKeyword) ? [] : undefined;
  }
  const value = literalOf(ts, unwrap(ts, declaration.initializer));
  if (value === undefined || (!reassigned && kind !== "var")) return value;
  if (value.length === 0) return allows(ts, declaration, ts.SyntaxKind.UndefinedKeyword) ? value : undefined;
  return value[0] === null && allows(ts, declaration, ts.SyntaxKind.NullKeyword) ? value : undefined;
}

function literalOf(ts: TypeScript, node: tsTypes.Expression): SlotDefault | undefined {
  if (ts.isIdentifier(node) && node.text === "undefined") return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isNumericLiteral(node)) return Number.isFinite(Number(node.text)) ? [Number(node.text)] : undefined;
  if (node.kind === ts.SyntaxKind.NullKeyword) return [null];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [true];
  return node.kind === ts.SyntaxKind.FalseKeyword ? [false] : undefined;
}

/** The declared type is a union that names `undefined` or `null`. */
function allows(ts: TypeScript, { type }: tsTypes.VariableDeclaration, kind: tsTypes.SyntaxKind): boolean {
  if (!type || !ts.isUnionTypeNode(type)) return false;
  return type.types.some((one) => one.kind === kind || (ts.isLiteralTypeNode(one) && one.literal.kind === kind));
}
