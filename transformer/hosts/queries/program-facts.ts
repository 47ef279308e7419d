/** What the files of a program tell without a checker. */
import type ts from "typescript";
import type { ObjectShape } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";

interface FileFacts {
  readonly fileName: string;
  readonly isDeclaration: boolean;
  readonly isOfLanguage: boolean;
  readonly isOfPackage: boolean;
}

/** Whose types a file declares. */
export function homeOf({ fileName, isDeclaration, isOfLanguage, isOfPackage }: FileFacts): ObjectShape["home"] {
  if (isOfLanguage || /\/node_modules\/@types\/node\//.test(fileName)) return "language";
  // This package's own types, as installed and as source.
  if (/\/(?:dist\/)?runtime\/(?:types|step-types|client|engine\/contract|inngest\/inngest)\.(?:d\.)?ts$/.test(fileName))
    return "backstitch";
  return isOfPackage || isDeclaration ? "package" : "project";
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
