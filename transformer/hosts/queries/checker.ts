/** Types from the checker of TypeScript 5 and 6. */
import type ts from "typescript";
import type { TypeQueries, TypeRef } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";
import { createQueries } from "./any-checker.ts";
import { homeOf } from "./program-facts.ts";

/** Questions about the files of one program. Cheap to make: the checker is asked for when the first question comes. */
export function createCheckerQueries(ts: TypeScript, program: ts.Program): TypeQueries {
  const checker = () => program.getTypeChecker();
  const queries = createQueries<ts.Type, ts.Symbol>(ts, program, {
    enums: ts,
    checker,
    typeAt: (node) => checker().getTypeAtLocation(node),
    symbolAt: (node) => checker().getSymbolAtLocation(node),
    partsOf: (type) => (type as ts.UnionOrIntersectionType).types,
    objectFlagsOf: (type) => (type as ts.ObjectType).objectFlags,
    targetOf: (type) => (type as ts.TypeReference).target,
    indexedOf: (type) =>
      checker()
        .getIndexInfosOfType(type)
        .map((info) => info.type),
    homeOf(symbol) {
      const file = symbol.declarations?.[0]?.getSourceFile();
      return (
        file &&
        homeOf({
          fileName: file.fileName,
          isDeclaration: file.isDeclarationFile,
          isOfLanguage: program.isSourceFileDefaultLibrary(file),
          isOfPackage: program.isSourceFileFromExternalLibrary(file),
        })
      );
    },
    declarationsOf: (symbol) => symbol.declarations ?? [],
  });
  return { ...queries, awaited: (type) => checker().getAwaitedType(type as ts.Type) as TypeRef | undefined };
}
