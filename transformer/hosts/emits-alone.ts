/** Whether files can be emitted without the rest of their program, whose types and imports then need not be looked at. */
import type ts from "typescript";
import type { TypeScript } from "../ir.ts";

/**
 * True when the JavaScript of each of these files depends on its own text alone. TypeScript looks into other files to tell
 * an imported value that is exported again from a type, to inline a `const enum`, for members of enums and namespaces, and
 * for the metadata of decorators.
 */
export function emitsAlone(ts: TypeScript, program: ts.Program, files: readonly ts.SourceFile[]): boolean {
  const { emitDecoratorMetadata, isolatedModules, verbatimModuleSyntax } = program.getCompilerOptions();
  if (emitDecoratorMetadata) return false;
  if (isolatedModules || verbatimModuleSyntax) return true;
  const hasConstEnums = program.getSourceFiles().some(({ text }) => /\bconst\s+enum\b/.test(text));
  return !hasConstEnums && files.every((file) => isSelfContained(ts, file));
}

function isSelfContained(ts: TypeScript, file: ts.SourceFile): boolean {
  if (!ts.isExternalModule(file) || /\benum\b/.test(file.text)) return false;
  const imported = importedNames(ts, file);
  return file.statements.every((statement) => {
    if (ts.isImportEqualsDeclaration(statement)) return false;
    if (ts.isModuleDeclaration(statement)) return isAmbient(ts, statement);
    if (ts.isExportAssignment(statement)) {
      const { expression } = statement;
      return !ts.isIdentifier(expression) || !imported.has(expression.text);
    }
    return !ts.isExportDeclaration(statement) || exportsOwn(ts, statement, imported);
  });
}

function isAmbient(ts: TypeScript, { modifiers }: ts.ModuleDeclaration): boolean {
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true;
}

/** `export { total, type Order }` of names that are not imported. */
function exportsOwn(
  ts: TypeScript,
  { isTypeOnly, exportClause, moduleSpecifier }: ts.ExportDeclaration,
  imported: ReadonlySet<string>,
): boolean {
  if (isTypeOnly) return true;
  if (moduleSpecifier || !exportClause || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.every(
    ({ isTypeOnly: isType, propertyName, name }) => isType || !imported.has((propertyName ?? name).text),
  );
}

function importedNames(ts: TypeScript, file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) names.add(name.text);
    if (!namedBindings) continue;
    if (ts.isNamespaceImport(namedBindings)) names.add(namedBindings.name.text);
    else for (const element of namedBindings.elements) names.add(element.name.text);
  }
  return names;
}
