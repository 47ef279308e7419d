/**
 * A module without type syntax as CommonJS text, by edits of its imports and exports alone. Evaluating a module in this
 * process needs no more, and it is several times faster than an emit of TypeScript.
 */
import type MagicString from "magic-string";
import type tsTypes from "typescript";

/** Edits `edits` to CommonJS and returns the text; undefined when the file needs TypeScript's own emit. */
export function commonJs(ts: typeof tsTypes, file: tsTypes.SourceFile, edits: MagicString): string | undefined {
  if (!isPlainJavaScript(ts, file)) return undefined;
  const exported: string[] = [];
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) {
      const required = requireText(ts, file, statement);
      if (required === undefined) return undefined;
      edits.overwrite(statement.getStart(file), statement.end, required);
    } else if (ts.isExportAssignment(statement)) {
      if (statement.isExportEquals) return undefined;
      edits.overwrite(statement.getStart(file), statement.expression.getStart(file), "exports.default = ");
    } else if (ts.isExportDeclaration(statement)) {
      return undefined;
    } else if (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport)) {
      const names = exportedConstants(ts, statement);
      if (!names) return undefined;
      edits.remove(statement.getStart(file), (statement as tsTypes.VariableStatement).declarationList.getStart(file));
      exported.push(...names);
    }
  }
  const header = /^import \{ (\$\d*)(?: as (\$\d*))? \} from "backstitch\/internal";$/m;
  const text = edits.toString().replace(header, (_, name: string, local?: string) => {
    return `const { ${local ? `${name}: ${local}` : name} } = require("backstitch/internal");`;
  });
  return `"use strict";${text}\n${exported.map((name) => `exports.${name} = ${name};`).join("\n")}`;

  function isExport({ kind }: tsTypes.Modifier): boolean {
    return kind === ts.SyntaxKind.ExportKeyword;
  }
}

/** Nothing that only TypeScript has, or makes of it what Node.js knows: types, decorators, enums, JSX, `using`. */
function isPlainJavaScript(ts: typeof tsTypes, file: tsTypes.SourceFile): boolean {
  const { SyntaxKind } = ts;
  const isPlain = (node: tsTypes.Node): boolean => {
    const { kind } = node;
    if (
      kind >= SyntaxKind.FirstTypeNode &&
      kind <= SyntaxKind.LastTypeNode &&
      kind !== SyntaxKind.ExpressionWithTypeArguments
    )
      return false;
    if (isTypeScriptOnly(ts, kind) || (kind >= SyntaxKind.JsxElement && kind <= SyntaxKind.JsxNamespacedName))
      return false;
    if (hasTypes(node as Typed) || isUsing(ts, node)) return false;
    // `import(…)`: a function that a text makes has no module to import from.
    if (kind === SyntaxKind.ImportKeyword) return false;
    if (ts.canHaveModifiers(node) && node.modifiers?.some((modifier) => isTypeScriptModifier(ts, modifier.kind)))
      return false;
    if ("questionToken" in node && node.questionToken && kind !== SyntaxKind.ConditionalExpression) return false;
    if ("exclamationToken" in node && node.exclamationToken) return false;
    if (ts.isFunctionLike(node) && !("body" in node && node.body)) return false;
    return !ts.forEachChild(node, (child) => (isPlain(child) ? undefined : true));
  };
  return isPlain(file);
}

interface Typed extends tsTypes.Node {
  readonly type?: tsTypes.Node;
  readonly typeParameters?: unknown;
  readonly typeArguments?: unknown;
}

function hasTypes({ type, typeParameters, typeArguments }: Typed): boolean {
  return type !== undefined || typeParameters !== undefined || typeArguments !== undefined;
}

function isUsing(ts: typeof tsTypes, node: tsTypes.Node): boolean {
  const { BlockScoped, Const, Let } = ts.NodeFlags;
  const kind = node.flags & BlockScoped;
  return ts.isVariableDeclarationList(node) && kind !== 0 && kind !== Const && kind !== Let;
}

function isTypeScriptOnly({ SyntaxKind }: typeof tsTypes, kind: tsTypes.SyntaxKind): boolean {
  return (
    kind === SyntaxKind.AsExpression ||
    kind === SyntaxKind.SatisfiesExpression ||
    kind === SyntaxKind.NonNullExpression ||
    kind === SyntaxKind.TypeAssertionExpression ||
    kind === SyntaxKind.InterfaceDeclaration ||
    kind === SyntaxKind.TypeAliasDeclaration ||
    kind === SyntaxKind.EnumDeclaration ||
    kind === SyntaxKind.ModuleDeclaration ||
    kind === SyntaxKind.ImportEqualsDeclaration ||
    kind === SyntaxKind.TypeParameter ||
    kind === SyntaxKind.IndexSignature ||
    kind === SyntaxKind.Decorator
  );
}

function isTypeScriptModifier({ SyntaxKind }: typeof tsTypes, kind: tsTypes.SyntaxKind): boolean {
  return kind !== SyntaxKind.ExportKeyword && kind !== SyntaxKind.AsyncKeyword && kind !== SyntaxKind.StaticKeyword;
}

function requireText(
  ts: typeof tsTypes,
  file: tsTypes.SourceFile,
  { importClause, moduleSpecifier }: tsTypes.ImportDeclaration,
): string | undefined {
  const required = `require(${moduleSpecifier.getText(file)})`;
  if (!importClause) return `${required};`;
  const { name, namedBindings, isTypeOnly } = importClause;
  if (name || isTypeOnly || !namedBindings || !ts.isNamedImports(namedBindings)) return undefined;
  if (namedBindings.elements.some((element) => element.isTypeOnly)) return undefined;
  const names = namedBindings.elements.map((element) => {
    return element.propertyName ? `${element.propertyName.text}: ${element.name.text}` : element.name.text;
  });
  return `const { ${names.join(", ")} } = ${required};`;
}

/** The names of `export const`; others may change after they were exported. */
function exportedConstants(ts: typeof tsTypes, statement: tsTypes.Statement): string[] | undefined {
  if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const)) return undefined;
  const names = statement.declarationList.declarations.map(({ name }) =>
    ts.isIdentifier(name) ? name.text : undefined,
  );
  return names.every((name) => name !== undefined) ? names : undefined;
}
