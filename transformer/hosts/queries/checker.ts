/** Types from the checker of TypeScript 5 and 6. */
import type ts from "typescript";
import type { ObjectShape, Property, Shape, TypeQueries, TypeRef } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";
import { homeOf, registeredNames } from "./program-facts.ts";

/** Types that are longer than this are cut off by the checker itself. */
const mostText = 80;

/** Questions about the files of one program. Cheap to make: the checker is asked for when the first question comes. */
export function createCheckerQueries(ts: TypeScript, program: ts.Program): TypeQueries {
  let registered: ReadonlySet<ts.Symbol | undefined> | undefined;
  const queries = new CheckerQueries(ts, program);
  return {
    typeOf: (node) => queries.typeOf(node as ts.Node),
    textOf: (type) => queries.textOf(type as ts.Type),
    shapeOf: (type) => queries.shapeOf(type as ts.Type),
    awaited: (type) => queries.checker.getAwaitedType(type as ts.Type) as TypeRef | undefined,
    returned: (type) => queries.returned(type as ts.Type),
    homeOfCallee: (callee) => queries.homeOfCallee(callee as ts.Node),
    isRegistered(type) {
      registered ??= new Set(registeredNames(ts, program).map((name) => queries.resolved(name)));
      return registered.has((type as ts.Type).getSymbol());
    },
  };
}

class CheckerQueries {
  readonly #ts: TypeScript;
  readonly #program: ts.Program;
  readonly #shapes = new Map<ts.Type, Shape>();

  constructor(ts: TypeScript, program: ts.Program) {
    this.#ts = ts;
    this.#program = program;
  }

  get checker(): ts.TypeChecker {
    return this.#program.getTypeChecker();
  }

  typeOf(node: ts.Node): TypeRef | undefined {
    const type = this.checker.getTypeAtLocation(node);
    // An error type is an `any` that TypeScript reports on itself.
    return (type as { intrinsicName?: string }).intrinsicName === "error" ? undefined : (type as TypeRef);
  }

  textOf(type: ts.Type): string {
    // The type of `this` is a parameter of its class.
    const own = type.isTypeParameter() && type.symbol.flags & this.#ts.SymbolFlags.Class;
    const named = own ? this.checker.getBaseConstraintOfType(type) : undefined;
    const text = this.checker.typeToString(named ?? type, undefined, this.#ts.TypeFormatFlags.NoTypeReduction);
    return text.length > mostText ? `${text.slice(0, mostText - 1)}…` : text;
  }

  returned(type: ts.Type): TypeRef | undefined {
    const [signature] = this.checker.getSignaturesOfType(type, this.#ts.SignatureKind.Call);
    return signature && (this.checker.getReturnTypeOfSignature(signature) as TypeRef);
  }

  homeOfCallee(callee: ts.Node): ObjectShape["home"] | undefined {
    const file = this.resolved(callee)?.declarations?.[0]?.getSourceFile();
    return file && homeOf(this.#program, file);
  }

  shapeOf(type: ts.Type): Shape {
    let shape = this.#shapes.get(type);
    if (!shape) {
      shape = this.#makeShape(type);
      this.#shapes.set(type, shape);
    }
    return shape;
  }

  #makeShape(type: ts.Type): Shape {
    const { TypeFlags } = this.#ts;
    const is = (flags: ts.TypeFlags) => (type.flags & flags) !== 0;
    if (is(TypeFlags.Any)) return { kind: "any" };
    if (is(TypeFlags.Unknown | TypeFlags.NonPrimitive)) return { kind: "unknown" };
    if (is(TypeFlags.ESSymbolLike)) return { kind: "symbol" };
    if (type.isUnion()) return { kind: "union", types: type.types as readonly TypeRef[] };
    if (type.isIntersection()) return { kind: "intersection", types: type.types as readonly TypeRef[] };
    if (is(TypeFlags.Instantiable & ~(TypeFlags.Index | TypeFlags.TemplateLiteral | TypeFlags.StringMapping))) {
      const constraint = this.checker.getBaseConstraintOfType(type);
      return constraint && constraint !== type ? this.shapeOf(constraint) : { kind: "unknown" };
    }
    return is(TypeFlags.Object) ? this.#shapeOfObject(type) : { kind: "primitive" };
  }

  #shapeOfObject(type: ts.Type): Shape {
    const { checker } = this;
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      return { kind: "array", elements: checker.getTypeArguments(type as ts.TypeReference) as readonly TypeRef[] };
    }
    const { SignatureKind } = this.#ts;
    const isFunction =
      checker.getSignaturesOfType(type, SignatureKind.Call).length > 0 ||
      checker.getSignaturesOfType(type, SignatureKind.Construct).length > 0;
    return isFunction ? { kind: "function" } : this.#objectShape(type);
  }

  #objectShape(type: ts.Type): ObjectShape {
    const { checker } = this;
    const symbol = type.getSymbol();
    const declaration = symbol?.declarations?.[0];
    const isNamed = symbol !== undefined && (symbol.flags & this.#named) !== 0;
    const isReference = ((type as ts.ObjectType).objectFlags & this.#ts.ObjectFlags.Reference) !== 0;
    return {
      kind: "object",
      name: isNamed ? symbol.name : undefined,
      home: declaration ? homeOf(this.#program, declaration.getSourceFile()) : "project",
      isClass: symbol !== undefined && (symbol.flags & this.#ts.SymbolFlags.Class) !== 0,
      declaration,
      isMarked: (symbol?.declarations ?? []).some((each) => this.#isMarked(each)),
      bases: this.#bases(type, new Set()),
      typeArguments: isReference ? (checker.getTypeArguments(type as ts.TypeReference) as readonly TypeRef[]) : [],
      indexed: checker.getIndexInfosOfType(type).map((info) => info.type as TypeRef),
      properties: checker.getPropertiesOfType(type).map((property) => this.#property(property)),
    };
  }

  get #named(): ts.SymbolFlags {
    return this.#ts.SymbolFlags.Class | this.#ts.SymbolFlags.Interface;
  }

  #property(property: ts.Symbol): Property {
    return {
      name: property.name,
      isMethod: (property.flags & this.#ts.SymbolFlags.Method) !== 0,
      type: () => this.checker.getTypeOfSymbol(property) as TypeRef,
    };
  }

  /** `class Money implements Storable` */
  #isMarked(declaration: ts.Node): boolean {
    if (!this.#ts.isClassLike(declaration)) return false;
    const heritage = declaration.heritageClauses?.find(({ token }) => token === this.#ts.SyntaxKind.ImplementsKeyword);
    return (heritage?.types ?? []).some(({ expression }) => {
      const symbol = this.resolved(expression);
      const file = symbol?.declarations?.[0]?.getSourceFile();
      return symbol?.name === "Storable" && file !== undefined && homeOf(this.#program, file) === "backstitch";
    });
  }

  /** Behind imports. */
  resolved(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.checker.getSymbolAtLocation(node);
    return symbol && symbol.flags & this.#ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  #bases(type: ts.Type, seen: Set<ts.Type>): string[] {
    if (!type.isClassOrInterface() && !("target" in type)) return [];
    const own = ("target" in type ? type.target : type) as ts.InterfaceType;
    if (seen.has(own) || !own.isClassOrInterface()) return [];
    seen.add(own);
    return this.checker.getBaseTypes(own).flatMap((base) => [base.symbol?.name ?? "", ...this.#bases(base, seen)]);
  }
}
