/** What the files of a program tell without a checker. */
import type ts from "typescript";
import type { ObjectShape } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";

/** Whose types a file declares. */
export function homeOf(program: ts.Program, file: ts.SourceFile): ObjectShape["home"] {
  if (program.isSourceFileDefaultLibrary(file) || /\/node_modules\/@types\/node\//.test(file.fileName))
    return "language";
  // This package's own types, as installed and as source.
  if (/\/(?:dist\/)?runtime\/(?:types|client|engine\/contract)\.(?:d\.)?ts$/.test(file.fileName)) return "backstitch";
  return program.isSourceFileFromExternalLibrary(file) || file.isDeclarationFile ? "package" : "project";
}

/** What the author's files give to `registerClass`. */
export function registeredNames(ts: TypeScript, program: ts.Program): ts.Identifier[] {
  const names: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /(?:^|\.)registerClass$/.test(node.expression.getText())) {
      const [cls] = node.arguments;
      if (cls && ts.isIdentifier(cls)) names.push(cls);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) {
    if (!file.isDeclarationFile && file.text.includes("registerClass")) visit(file);
  }
  return names;
}
