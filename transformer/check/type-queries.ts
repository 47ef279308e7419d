/**
 * What the compiler asks about types: the seam between the checks and a type checker. The adapters are in
 * `transformer/hosts/queries/`. Without one, the checks that need types are left out, and nothing else changes.
 */
import type tsTypes from "typescript";

/** A type of the checker behind the queries. Only to be handed back to them; the same type is the same object. */
export interface TypeRef {
  readonly brand?: never;
}

export interface TypeQueries {
  /** The type of an expression, or of what a name declares. Undefined when the checker knows none. */
  typeOf(node: tsTypes.Node): TypeRef | undefined;
  /** As an author would write it, cut off when it is long. */
  textOf(type: TypeRef): string;
  shapeOf(type: TypeRef): Shape;
  /** What `await` makes of a value of the type. */
  awaited(type: TypeRef): TypeRef | undefined;
  /** What a call of a function of the type gives; undefined when it is no function. */
  returned(type: TypeRef): TypeRef | undefined;
  /** Where the function that an expression refers to is declared. */
  homeOfCallee(callee: tsTypes.Node): ObjectShape["home"] | undefined;
  /** The function itself, or its variable; undefined when the compiler did not parse it. */
  declarationOfCallee(callee: tsTypes.Node): tsTypes.Node | undefined;
  /** Whether the program registers the class with `registerClass`. */
  isRegistered(type: TypeRef): boolean;
}

/** What a type is made of, one level deep. */
export type Shape =
  | { readonly kind: "any" | "unknown" | "primitive" | "symbol" }
  | { readonly kind: "union" | "intersection"; readonly types: readonly TypeRef[] }
  | { readonly kind: "array"; readonly elements: readonly TypeRef[] }
  | { readonly kind: "function" }
  | ObjectShape;

export interface ObjectShape {
  readonly kind: "object";
  /** Of the class, interface or alias; undefined for a type that is written out. */
  readonly name: string | undefined;
  /** Where its name is declared: in the language's or Node's own types, in this package, in another one, or by the author. */
  readonly home: "language" | "backstitch" | "package" | "project";
  /** Declared as a class. */
  readonly isClass: boolean;
  /** The class's declaration, as the compiler parsed it; undefined when it did not, and for what is no class. */
  readonly declaration: tsTypes.Node | undefined;
  /** The class says `implements Storable`. */
  readonly isMarked: boolean;
  /** Names of the classes and interfaces that it extends, of their own bases too. */
  readonly bases: readonly string[];
  readonly typeArguments: readonly TypeRef[];
  /** Of what index signatures give. */
  readonly indexed: readonly TypeRef[];
  readonly properties: readonly Property[];
}

export interface Property {
  readonly name: string;
  readonly isMethod: boolean;
  type(): TypeRef | undefined;
}
