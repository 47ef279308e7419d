/** What a file imports from the package, under the names it uses for them. */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** Modules whose `durable`, `local`, `Step` and `Context` are ours. */
const packageNames = new Set(["backstitch", "backstitch/inngest"]);

export interface PackageImports {
  /** Local name → name in the package. */
  readonly named: ReadonlyMap<string, string>;
  /** Local names of namespace and default imports. */
  readonly namespaces: ReadonlySet<string>;
  /** What the file's own names of types stand for. */
  readonly aliases: ReadonlyMap<string, tsTypes.TypeNode>;
}

export function findImports(ts: TypeScript, file: tsTypes.SourceFile): PackageImports {
  const named = new Map<string, string>();
  const namespaces = new Set<string>();
  const aliases = new Map<string, tsTypes.TypeNode>();
  for (const statement of file.statements) {
    if (ts.isTypeAliasDeclaration(statement)) aliases.set(statement.name.text, statement.type);
    if (ts.isImportEqualsDeclaration(statement) && isOurRequire(ts, statement)) namespaces.add(statement.name.text);
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (!packageNames.has(statement.moduleSpecifier.text)) continue;
    const clause = statement.importClause;
    if (clause?.name) namespaces.add(clause.name.text);
    const bindings = clause?.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) namespaces.add(bindings.name.text);
    if (bindings && ts.isNamedImports(bindings)) {
      for (const element of bindings.elements)
        named.set(element.name.text, (element.propertyName ?? element.name).text);
    }
  }
  return { named, namespaces, aliases };
}

/** Whether a file is output of the compiler: what is durable in it is compiled already. */
export function isCompiled(ts: TypeScript, file: tsTypes.SourceFile): boolean {
  return file.statements.some(
    (statement) =>
      ts.isImportDeclaration(statement) &&
      ts.isStringLiteral(statement.moduleSpecifier) &&
      statement.moduleSpecifier.text === "backstitch/internal",
  );
}

function isOurRequire(ts: TypeScript, statement: tsTypes.ImportEqualsDeclaration): boolean {
  const reference = statement.moduleReference;
  if (!ts.isExternalModuleReference(reference)) return false;
  return ts.isStringLiteral(reference.expression) && packageNames.has(reference.expression.text);
}

/** The package's name of what an expression refers to: `durable`, `bs.durable`; undefined for anything else. */
export function importedName(ts: TypeScript, node: tsTypes.Expression, imports: PackageImports): string | undefined {
  if (ts.isIdentifier(node)) return imports.named.get(node.text);
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  return imports.namespaces.has(node.expression.text) ? node.name.text : undefined;
}

/**
 * The package's names of all types that an annotation mentions, nested ones included. A function that takes a `Step` is
 * given one by whoever calls it, and holds none: parameters inside an annotation do not count. Names that the file gives to
 * types stand for these: `type Tools = GetStepTools<typeof inngest>`.
 */
export function importedTypes(ts: TypeScript, type: tsTypes.TypeNode, imports: PackageImports): Set<string> {
  const found = new Set<string>();
  const seen = new Set<tsTypes.Node>();
  const visit = (node: tsTypes.Node): void => {
    if (ts.isParameter(node)) return;
    if (ts.isImportTypeNode(node) && node.qualifier && isOurs(ts, node)) found.add(node.qualifier.getText());
    if (ts.isTypeReferenceNode(node)) {
      const name = node.typeName;
      const imported = ts.isIdentifier(name)
        ? imports.named.get(name.text)
        : ts.isIdentifier(name.left) && imports.namespaces.has(name.left.text)
          ? name.right.text
          : undefined;
      if (imported !== undefined) found.add(imported);
      const alias = ts.isIdentifier(name) ? imports.aliases.get(name.text) : undefined;
      if (alias && !seen.has(alias)) {
        seen.add(alias);
        visit(alias);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(type);
  return found;
}

/** `import("backstitch").Step` */
function isOurs(ts: TypeScript, { argument }: tsTypes.ImportTypeNode): boolean {
  return (
    ts.isLiteralTypeNode(argument) && ts.isStringLiteral(argument.literal) && packageNames.has(argument.literal.text)
  );
}
