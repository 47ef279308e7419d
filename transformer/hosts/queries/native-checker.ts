/** Types from the checker of TypeScript 7. The compiler's nodes are another TypeScript's: their places lead to those here. */
import type ts from "typescript";
import type { Node as NativeNode, SyntaxKind } from "typescript-7/unstable/ast";
import type * as native from "typescript-7/unstable/sync";
import type { ObjectShape, TypeQueries } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";
import { createQueries } from "./any-checker.ts";
import { withAwaited } from "./awaited-types.ts";
import { homeOf } from "./program-facts.ts";
import { sameKinds, sameNode } from "./same-node.ts";

/** What TypeScript 7 exports for programs. */
export interface NativeExports extends Pick<typeof native, Enums | "API"> {
  readonly SyntaxKind: typeof SyntaxKind;
}

type Enums = "TypeFlags" | "ObjectFlags" | "SymbolFlags" | "SignatureKind";

/**
 * Questions about the files of a program, which TypeScript 7 has read as well.
 *
 * @param ts parsed the files
 * @param project the same files in TypeScript 7
 */
export function createNativeQueries(
  ts: TypeScript,
  program: ts.Program,
  { SyntaxKind, ...enums }: NativeExports,
  project: native.Project,
): TypeQueries {
  const { checker } = project;
  const nodes = new SameNodes(program, project, sameKinds(ts.SyntaxKind, SyntaxKind));
  const declarations: ReadonlySet<SyntaxKind> = new Set([
    SyntaxKind.ClassDeclaration,
    SyntaxKind.ClassExpression,
    SyntaxKind.FunctionDeclaration,
    SyntaxKind.MethodDeclaration,
    SyntaxKind.VariableDeclaration,
  ]);
  const homes = new Map<string, ObjectShape["home"]>();
  const queries = createQueries<native.Type, native.Symbol>(ts, program, {
    enums,
    checker: () => checker,
    typeAt(node) {
      const same = nodes.toNative(node);
      return same && checker.getTypeAtLocation(same);
    },
    symbolAt(node) {
      const same = nodes.toNative(node);
      return same && checker.getSymbolAtLocation(same);
    },
    partsOf: (type) => (type as native.UnionOrIntersectionType).getTypes(),
    objectFlagsOf: (type) => (type as native.ObjectType).objectFlags,
    targetOf: (type) => (type as native.TypeReference).getTarget(),
    indexedOf: (type) => checker.getIndexInfosOfType(type).map(({ valueType }) => valueType),
    homeOf(symbol) {
      const path = symbol.declarations[0]?.path;
      if (path === undefined) return undefined;
      const home = homes.get(path) ?? homeOfPath(project.program, path);
      homes.set(path, home);
      return home;
    },
    declarationsOf: (symbol) =>
      symbol.declarations
        .filter(({ kind }) => declarations.has(kind))
        .flatMap((declaration) => nodes.fromNative(declaration) ?? []),
  });
  return withAwaited(queries, checker, enums);
}

type Path = native.NodeHandle["path"];

function homeOfPath(program: native.Program, path: Path): ObjectShape["home"] {
  const { isDefaultLibrary = false, isFromExternalLibrary = false } = program.getSourceFileMetadataByPath(path) ?? {};
  return homeOf({
    fileName: path,
    isDeclaration: /\.d\.(?:[^./]+\.)?[cm]?ts$/.test(path),
    isOfLanguage: isDefaultLibrary,
    isOfPackage: isFromExternalLibrary,
  });
}

/** From the nodes of the compiler to those of TypeScript 7, and back. */
class SameNodes {
  readonly #program: ts.Program;
  readonly #native: native.Project;
  readonly #toNative: ReadonlyMap<ts.SyntaxKind, SyntaxKind>;
  readonly #fromNative: ReadonlyMap<SyntaxKind, ts.SyntaxKind>;

  constructor(program: ts.Program, project: native.Project, kinds: ReadonlyMap<ts.SyntaxKind, SyntaxKind>) {
    this.#program = program;
    this.#native = project;
    this.#toNative = kinds;
    this.#fromNative = new Map([...kinds].map(([own, other]) => [other, own]));
  }

  toNative(node: ts.Node): NativeNode | undefined {
    const file = this.#native.program.getSourceFile(node.getSourceFile().fileName);
    return file && sameNode<NativeNode>(file, node, this.#toNative.get(node.kind));
  }

  fromNative(handle: native.NodeHandle): ts.Node | undefined {
    const file = this.#program.getSourceFileByPath(handle.path as string as ts.Path);
    const node = file && handle.resolve(this.#native);
    return node && sameNode<ts.Node>(file, node, this.#fromNative.get(node.kind));
  }
}
