/** The queries over a checker of any TypeScript. All of them have the same words; what differs is a `CheckerAccess`. */
import type ts from "typescript";
import type { ObjectShape, Property, Shape, TypeQueries, TypeRef } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";
import { registeredNames } from "./program-facts.ts";

export interface AnyType<Symbol> {
  readonly flags: number;
  getSymbol(): Symbol | undefined;
  isTypeParameter(): boolean;
  isClassOrInterface(): boolean;
}

export interface AnySymbol {
  readonly flags: number;
  readonly name: string;
}

/** What checkers have in common. Flags are numbers here: each TypeScript has its own. */
export interface AnyChecker<Type, Symbol> {
  getTypeOfSymbol(symbol: Symbol): Type | undefined;
  getAliasedSymbol(symbol: Symbol): Symbol;
  getSignaturesOfType(type: Type, kind: number): readonly object[];
  getReturnTypeOfSignature(signature: object): Type | undefined;
  getBaseConstraintOfType(type: Type): Type | undefined;
  getBaseTypes(type: Type): readonly Type[];
  getTypeArguments(type: Type): readonly Type[];
  getPropertiesOfType(type: Type): readonly Symbol[];
  isArrayType(type: Type): boolean;
  isTupleType(type: Type): boolean;
  typeToString(type: Type, enclosing: undefined, flags: number): string;
}

/** How one TypeScript is asked. The nodes are the compiler's own. */
export interface CheckerAccess<Type extends AnyType<Symbol>, Symbol extends AnySymbol> {
  readonly enums: FlagEnums;
  checker(): AnyChecker<Type, Symbol>;
  typeAt(node: ts.Node): Type | undefined;
  symbolAt(node: ts.Node): Symbol | undefined;
  /** Of a union or an intersection. */
  partsOf(type: Type): readonly Type[];
  objectFlagsOf(type: Type): number;
  /** `Map<K, V>` of `Map<string, number>`. */
  targetOf(type: Type): Type;
  /** What the index signatures give. */
  indexedOf(type: Type): readonly Type[];
  homeOf(symbol: Symbol): ObjectShape["home"] | undefined;
  /** The declarations of a class, or of a function or its variable. */
  declarationsOf(symbol: Symbol): readonly ts.Node[];
}

interface FlagEnums {
  readonly TypeFlags: Record<
    | "Any"
    | "Unknown"
    | "NonPrimitive"
    | "ESSymbolLike"
    | "Union"
    | "Intersection"
    | "Instantiable"
    | "Index"
    | "TemplateLiteral"
    | "StringMapping"
    | "Object",
    number
  >;
  readonly ObjectFlags: Record<"Reference", number>;
  readonly SymbolFlags: Record<"Alias" | "Class" | "Interface" | "Method", number>;
  readonly SignatureKind: Record<"Call" | "Construct", number>;
}

/** Types that are longer than this are cut off by the checker itself. */
const mostText = 80;

/** All that both kinds of checkers can be asked in the same words. */
export type CommonQueries = Omit<TypeQueries, "awaited">;

/** Questions about the files of one program, answered by the checker that `access` leads to. */
export function createQueries<Type extends AnyType<Symbol>, Symbol extends AnySymbol>(
  ts: TypeScript,
  program: ts.Program,
  access: CheckerAccess<Type, Symbol>,
): CommonQueries {
  let registered: ReadonlySet<Symbol | undefined> | undefined;
  const queries = new Queries(ts, access);
  return {
    typeOf: (node) => queries.typeOf(node as ts.Node) as TypeRef | undefined,
    textOf: (type) => queries.textOf(type as Type),
    shapeOf: (type) => queries.shapeOf(type as Type),
    returned: (type) => queries.returned(type as Type) as TypeRef | undefined,
    homeOfCallee(callee) {
      const symbol = queries.resolved(callee as ts.Node);
      return symbol && access.homeOf(symbol);
    },
    declarationOfCallee(callee) {
      const symbol = queries.resolved(callee as ts.Node);
      return symbol && access.homeOf(symbol) === "project" ? access.declarationsOf(symbol)[0] : undefined;
    },
    isRegistered(type) {
      registered ??= new Set(registeredNames(ts, program).map((name) => queries.resolved(name)));
      return registered.has((type as Type).getSymbol());
    },
  };
}

class Queries<Type extends AnyType<Symbol>, Symbol extends AnySymbol> {
  readonly #ts: TypeScript;
  readonly #access: CheckerAccess<Type, Symbol>;
  readonly #shapes = new Map<Type, Shape>();

  constructor(ts: TypeScript, access: CheckerAccess<Type, Symbol>) {
    this.#ts = ts;
    this.#access = access;
  }

  get checker(): AnyChecker<Type, Symbol> {
    return this.#access.checker();
  }

  typeOf(node: ts.Node): Type | undefined {
    const type = this.#access.typeAt(node);
    // An error type is an `any` that TypeScript reports on itself.
    return (type as { intrinsicName?: string } | undefined)?.intrinsicName === "error" ? undefined : type;
  }

  textOf(type: Type): string {
    // The type of `this` is a parameter of its class.
    const isOwn = type.isTypeParameter() && this.#is(type.getSymbol(), this.#access.enums.SymbolFlags.Class);
    const named = isOwn ? this.checker.getBaseConstraintOfType(type) : undefined;
    const text = this.checker.typeToString(named ?? type, undefined, this.#ts.TypeFormatFlags.NoTypeReduction);
    return text.length > mostText ? `${text.slice(0, mostText - 1)}…` : text;
  }

  returned(type: Type): Type | undefined {
    const [signature] = this.checker.getSignaturesOfType(type, this.#access.enums.SignatureKind.Call);
    return signature && this.checker.getReturnTypeOfSignature(signature);
  }

  shapeOf(type: Type): Shape {
    let shape = this.#shapes.get(type);
    if (!shape) {
      shape = this.#makeShape(type);
      this.#shapes.set(type, shape);
    }
    return shape;
  }

  #makeShape(type: Type): Shape {
    const { TypeFlags } = this.#access.enums;
    const is = (flags: number) => (type.flags & flags) !== 0;
    const parts = () => this.#access.partsOf(type) as readonly TypeRef[];
    if (is(TypeFlags.Any)) return { kind: "any" };
    if (is(TypeFlags.Unknown | TypeFlags.NonPrimitive)) return { kind: "unknown" };
    if (is(TypeFlags.ESSymbolLike)) return { kind: "symbol" };
    if (is(TypeFlags.Union)) return { kind: "union", types: parts() };
    if (is(TypeFlags.Intersection)) return { kind: "intersection", types: parts() };
    if (is(TypeFlags.Instantiable & ~(TypeFlags.Index | TypeFlags.TemplateLiteral | TypeFlags.StringMapping))) {
      const constraint = this.checker.getBaseConstraintOfType(type);
      return constraint && constraint !== type ? this.shapeOf(constraint) : { kind: "unknown" };
    }
    return is(TypeFlags.Object) ? this.#shapeOfObject(type) : { kind: "primitive" };
  }

  #shapeOfObject(type: Type): Shape {
    const { checker } = this;
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      return { kind: "array", elements: checker.getTypeArguments(type) as readonly TypeRef[] };
    }
    const { Call, Construct } = this.#access.enums.SignatureKind;
    const isFunction = [Call, Construct].some((kind) => checker.getSignaturesOfType(type, kind).length > 0);
    return isFunction ? { kind: "function" } : this.#objectShape(type);
  }

  #objectShape(type: Type): ObjectShape {
    const { checker } = this;
    const { SymbolFlags } = this.#access.enums;
    const symbol = type.getSymbol();
    const isClass = this.#is(symbol, SymbolFlags.Class);
    const declarations = symbol && isClass ? this.#access.declarationsOf(symbol) : [];
    return {
      kind: "object",
      name: this.#is(symbol, SymbolFlags.Class | SymbolFlags.Interface) ? symbol?.name : undefined,
      home: (symbol && this.#access.homeOf(symbol)) ?? "project",
      isClass,
      declaration: declarations[0],
      isMarked: declarations.some((each) => this.#isMarked(each)),
      bases: this.#bases(type, new Set()),
      typeArguments: this.#isReference(type) ? (checker.getTypeArguments(type) as readonly TypeRef[]) : [],
      indexed: this.#access.indexedOf(type) as readonly TypeRef[],
      properties: checker.getPropertiesOfType(type).map((property) => this.#property(property)),
    };
  }

  #is(symbol: Symbol | undefined, flags: number): boolean {
    return symbol !== undefined && (symbol.flags & flags) !== 0;
  }

  #isReference(type: Type): boolean {
    return (this.#access.objectFlagsOf(type) & this.#access.enums.ObjectFlags.Reference) !== 0;
  }

  #property(property: Symbol): Property {
    return {
      // TypeScript 7 calls it `__#1@#socket`.
      name: property.name.replace(/^__#\d+@(?=#)/, ""),
      isMethod: this.#is(property, this.#access.enums.SymbolFlags.Method),
      type: () => this.checker.getTypeOfSymbol(property) as TypeRef | undefined,
    };
  }

  /** `class Money implements Storable` */
  #isMarked(declaration: ts.Node): boolean {
    if (!this.#ts.isClassLike(declaration)) return false;
    const heritage = declaration.heritageClauses?.find(({ token }) => token === this.#ts.SyntaxKind.ImplementsKeyword);
    return (heritage?.types ?? []).some(({ expression }) => {
      const symbol = this.resolved(expression);
      return symbol?.name === "Storable" && this.#access.homeOf(symbol) === "backstitch";
    });
  }

  /** Behind imports. */
  resolved(node: ts.Node): Symbol | undefined {
    const symbol = this.#access.symbolAt(node);
    return symbol && this.#is(symbol, this.#access.enums.SymbolFlags.Alias)
      ? this.checker.getAliasedSymbol(symbol)
      : symbol;
  }

  #bases(type: Type, seen: Set<Type>): string[] {
    const own = this.#isReference(type) ? this.#access.targetOf(type) : type;
    if (seen.has(own) || !own.isClassOrInterface()) return [];
    seen.add(own);
    const bases = this.checker.getBaseTypes(own);
    return bases.flatMap((base) => [base.getSymbol()?.name ?? "", ...this.#bases(base, seen)]);
  }
}
