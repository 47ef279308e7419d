/** Both adapters are asked about each variable of a program, and must say the same. */
import { fileURLToPath } from "node:url";
import type typescript from "typescript";
import { expect, test } from "vitest";
import { loadTypeScript } from "../../../fixtures/toolchain.ts";
import type { TypeQueries, TypeRef } from "../../check/type-queries.ts";
import { folderWith } from "../testing-support.ts";
import { createCheckerQueries } from "./checker.ts";
import { NativeTypeScript } from "./native-typescript.ts";

const ts = loadTypeScript();
const root = fileURLToPath(new URL("../../..", import.meta.url));

const text = `
import { Kept as Renamed, registerClass, type Storable } from "./runtime/types.js";
// Not every letter is one unit of the text: 名前 🎉
class Base<T> { inner!: T; }
class Shape extends Base<string> { #hidden = /* 🎉 */ new WeakMap(); area(): number { return this.#hidden ? 1 : 0; } }
class Marked implements Storable {}
class Other implements Iterable<number> { *[Symbol.iterator]() { yield 1; } }
interface Named { name: string; [key: string]: unknown }
interface Both extends Named, Base<Date> {}
enum Colour { Red, Green }
type Pair<T> = { left: T; right: T };
type Own = Marked | Renamed;
interface Endless { then(done: (value: Endless) => void): void }
interface Odd { then(done: unknown): void }
registerClass(Shape);
registerClass(Renamed);
const key: unique symbol = Symbol();

declare const _any: any, _unknown: unknown, _object: object, _never: never, _text: "a" | "b", _colour: Colour;
declare const _template: \`a\${string}\`, _keys: keyof Pair<1>, _symbol: typeof key, _big: bigint, _missing: Missing;
declare const _shape: Shape, _marked: Marked, _renamed: Renamed, _other: Other, _generic: Base<Map<string, Date>>;
declare const _named: Named, _both: Both, _pair: Pair<Error>, _literal: { a: 1; b?: { c: () => void } }, _classes: typeof Shape;
declare const _array: readonly Date[], _tuple: [a: string, b?: number], _rest: [1, ...string[]], _map: Map<string, Set<1>>;
declare const _own: Own, _branded: string & { brand: 1 }, _mixed: Marked & { more: Date }, _url: URL;
declare const _function: <T>(value: T) => T, _overloads: { (a: 1): Date; (a: string): Error }, _make: () => Promise<Shape>;
declare const _promise: Promise<Own>, _nested: Promise<Promise<Date>>, _like: PromiseLike<string[]>, _maybe?: Promise<Pair<1>>;
declare const _either: number | Promise<Date>, _flag: boolean | Promise<boolean>, _same: Date | Promise<Date>;
declare const _endless: Endless, _odd: Odd, _oddOrDate: Odd | Date, _many: Promise<1> | Promise<"two"> | undefined;
function generic<T, U extends Shape>(_open: T, _bounded: U, _later: Promise<U>, _part: U["inner"]) {
  return class { own = 1; _method(this: Shape) { class Local { n = 1 } const _local = new Local(); return _local; } };
}
const { length: _length } = "", [_first = new Date()] = [] as Date[];
for (const _item of new Other()) for (const _letter of "ab") generic(_item, _shape, Promise.resolve(_shape), _letter);
`;
const types = `
export interface Storable {}
export class Kept { kept = 1 }
export declare function registerClass(value: unknown): void;
`;
const config = {
  compilerOptions: { target: "ES2022", module: "NodeNext", lib: ["ES2022", "DOM"], types: [], strict: true },
};

test("TypeScript 7 says of types what the TypeScript under test says", { timeout: 60_000 }, async () => {
  const { path } = folderWith({
    "tsconfig.json": JSON.stringify(config),
    "main.ts": text,
    "runtime/types.ts": types,
  });
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, path("."));
  const program = ts.createProgram(fileNames, options);
  const file = program.getSourceFile(path("main.ts"));
  program.getTypeChecker();
  const native = await NativeTypeScript.open(root, "typescript-7");
  try {
    const found = describeNames(file, native.projectOf(ts, program, path("tsconfig.json")).queries);
    expect(found).toEqual(describeNames(file, createCheckerQueries(ts, program)));
    expect(found).toHaveLength(text.match(/\b_[a-zA-Z]+/g)?.length ?? 0);
  } finally {
    native.close();
  }
});

/** Of each name that begins with `_`. */
function describeNames(node: typescript.Node | undefined, queries: TypeQueries): unknown[] {
  if (!node) return [];
  const found: unknown[] = ts.isIdentifier(node) && node.text.startsWith("_") ? [describe(node, queries)] : [];
  ts.forEachChild(node, (child) => void found.push(...describeNames(child, queries)));
  return found;
}

function describe(node: typescript.Identifier, queries: TypeQueries): unknown {
  const type = queries.typeOf(node);
  if (!type) return { name: node.text };
  expect(queries.typeOf(node)).toBe(type);
  const of = (other: TypeRef | undefined) => other && textOf(queries, other);
  return {
    name: node.text,
    text: of(type),
    shape: describeShape(queries, type),
    awaited: of(queries.awaited(type)),
    returned: of(queries.returned(type)),
    home: queries.homeOfCallee(node),
    isRegistered: queries.isRegistered(type),
  };
}

function describeShape(queries: TypeQueries, type: TypeRef): unknown {
  const shape = queries.shapeOf(type);
  const texts = (types: readonly TypeRef[]) => types.map((each) => textOf(queries, each)).sort();
  if (shape.kind === "union" || shape.kind === "intersection") return { ...shape, types: texts(shape.types) };
  if (shape.kind === "array") return { ...shape, elements: texts(shape.elements) };
  if (shape.kind !== "object") return shape;
  const properties = shape.properties.map((property) => {
    const own = property.type();
    // Symbols are numbered.
    return `${property.name.replace(/@\d+$/, "")}${property.isMethod ? "()" : ""}: ${own && textOf(queries, own)}`;
  });
  return {
    ...shape,
    declaration: shape.home === "project" ? shape.declaration?.getText() : undefined,
    typeArguments: texts(shape.typeArguments),
    indexed: texts(shape.indexed),
    // Those of the language are many, and differ with its version.
    properties: shape.home === "language" ? [] : properties.sort(),
  };
}

/** The members of a union are in another order, and what awaits any value at all is called by that value. */
function textOf(queries: TypeQueries, type: TypeRef): string {
  const text = queries.textOf(type).replace(/Awaited<(\w+)>/g, "$1");
  return text.split(" | ").sort().join(" | ");
}
