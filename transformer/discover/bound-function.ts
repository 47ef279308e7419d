import type tsTypes from "typescript";
import type { FunctionNode, TypeScript } from "../ir.ts";
import { unwrap } from "./unwrap.ts";

/** The function that a name is bound to: looked up outwards, statement list by statement list. */
export function boundFunction(ts: TypeScript, name: tsTypes.Identifier): FunctionNode | undefined {
  for (let scope: tsTypes.Node | undefined = name.parent; scope; scope = scope.parent) {
    if (!ts.isSourceFile(scope) && !ts.isBlock(scope) && !ts.isModuleBlock(scope)) continue;
    for (const statement of scope.statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name?.text === name.text && statement.body) return statement;
      if (!ts.isVariableStatement(statement)) continue;
      for (const declaration of statement.declarationList.declarations) {
        if (!ts.isIdentifier(declaration.name) || declaration.name.text !== name.text) continue;
        const value = declaration.initializer && unwrap(ts, declaration.initializer);
        return value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) ? value : undefined;
      }
    }
  }
  return undefined;
}
