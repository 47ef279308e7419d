/** Random graphs of everything that can be stored: values of all kinds, linked at will, so that cycles are common. */
import fc from "fast-check";
import {
  Closure,
  Handle,
  Local,
  makeFunction,
  PaymentError,
  Point,
  partsOf,
  Scope,
  Secret,
  Tool,
} from "./extensions.ts";

/** A place of a node holds a primitive, or the node with some number (counted round). */
type Link = { readonly primitive: unknown } | { readonly node: number };

/** How a property is defined: as usual, or with attributes of its own, or as an accessor. */
type Form = "usual" | "hidden" | "readOnly" | "fixed" | "getter";

interface Recipe {
  readonly kind: (typeof kinds)[number];
  readonly links: readonly { readonly key: string | symbol; readonly link: Link; readonly form: Form }[];
  readonly integrity: "none" | "none" | "frozen" | "sealed" | "inextensible";
  readonly number: number;
  readonly bytes: Uint8Array;
}

const plainKinds = [
  "object",
  "array",
  "nullProto",
  "map",
  "set",
  "error",
  "aggregate",
  "holes",
  "extras",
  "date",
  "regexp",
  "url",
  "buffer",
  "view",
  "nodeBuffer",
  "dataView",
  "domException",
  "boxed",
  "boxedSymbol",
  "child",
] as const;
const ownKinds = [
  "point",
  "secret",
  "paymentError",
  "scope",
  "closure",
  "local",
  "handle",
  "tool",
  "function",
  "arrow",
] as const;
const kinds = [...plainKinds, ...ownKinds] as const;

const unique = [Symbol("one"), Symbol("one"), Symbol()];
const symbols = [...unique, Symbol.iterator, Symbol.toStringTag, Symbol.for("backstitch.test")];
const intrinsics: readonly object[] = [
  ...[Math, Map, Array.prototype, Array.prototype.push, Object.prototype.hasOwnProperty, console, URL, globalThis],
  ...[Object.getPrototypeOf([].values()) as object, process.env, Reflect, Headers, TypeError.prototype, Buffer.from],
];

const primitives = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\ud800", "\u2028", "$", "$date", "", "__proto__"),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom<unknown>(...symbols, ...intrinsics),
  fc.constantFrom(undefined, null, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const keys = fc.oneof(
  fc.constantFrom(...symbols),
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "$",
    "$$",
    "$ref",
    "$date",
    "toJSON",
    "then",
    "0",
    "7",
    "length",
    "a",
    "b",
  ),
);

const link: fc.Arbitrary<Link> = fc.oneof(
  primitives.map((primitive) => ({ primitive })),
  fc.nat({ max: 30 }).map((node) => ({ node })),
);

const forms = fc.constantFrom<Form>("usual", "usual", "usual", "usual", "hidden", "readOnly", "fixed", "getter");

const recipe = (allowed: readonly Recipe["kind"][]): fc.Arbitrary<Recipe> =>
  fc.record({
    kind: fc.constantFrom(...allowed),
    links: fc.array(fc.record({ key: keys, link, form: forms }), { maxLength: 5 }),
    integrity: fc.constantFrom("none", "none", "frozen", "sealed", "inextensible"),
    number: fc.nat({ max: 12 }),
    bytes: fc.uint8Array({ maxLength: 12 }),
  });

/** Roots of random graphs of values that need no extension. */
export const plainGraphs = graphs(plainKinds);
/** Roots of random graphs with registered classes and values of the test extensions as well. */
export const frameGraphs = graphs(kinds);

function graphs(allowed: readonly Recipe["kind"][]): fc.Arbitrary<unknown> {
  return fc.array(recipe(allowed), { minLength: 1, maxLength: 14 }).map(build);
}

function build(recipes: readonly Recipe[]): unknown {
  const shared = new ArrayBuffer(24);
  const nodes = recipes.map((each, index) => shellOf(each, index, shared));
  const resolve = (target: Link): unknown => ("node" in target ? nodes[target.node % nodes.length] : target.primitive);
  for (const [index, each] of recipes.entries()) fillNode(nodes[index] as object, each, resolve);
  for (const [index, each] of recipes.entries()) restrict(nodes[index] as object, each);
  return nodes[0];
}

function shellOf({ kind, number, bytes }: Recipe, index: number, shared: ArrayBuffer): object {
  switch (kind) {
    case "array":
    case "holes":
    case "extras":
      return [];
    case "nullProto":
      return Object.create(null) as object;
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "error":
      return number > 6 ? new TypeError("wrong") : new Error();
    case "aggregate":
      return new AggregateError([]);
    case "date":
      return new Date(number === 0 ? Number.NaN : number * 1e12);
    case "regexp":
      return Object.assign(/a+(?<n>\/)/giu, { lastIndex: number });
    case "url":
      return new URL(`https://u:p@example.com:8080/${number}?q=ü#h`);
    case "buffer":
      return bytes.slice().buffer;
    case "view":
      return number > 6 ? new Float64Array(shared, 8, 2) : new Uint16Array(bytes);
    case "nodeBuffer":
      return Buffer.from(new Uint8Array(bytes).buffer);
    case "dataView":
      return new DataView(shared, number, 3);
    case "domException":
      return new DOMException("stopped", "AbortError");
    case "boxed":
      return Object([1, "ab", 1n, true, ""][number % 5]) as object;
    case "boxedSymbol":
      return Object(symbols[number % symbols.length]) as object;
    case "function":
      return makeFunction({ order: index, body: "plain", held: [] });
    case "arrow":
      return makeFunction({ order: index, body: "arrow", held: [] });
    case "point":
      return new Point(1, 2);
    case "secret":
      return new Secret([]);
    case "paymentError":
      return new PaymentError("declined", "card");
    case "scope":
      return new Scope();
    case "handle":
      return new Handle();
    case "tool":
      return new Tool(`tool ${number}`);
    case "closure":
      return new Closure({ code: "f", held: [] });
    case "local":
      return new Local({ order: index, held: [] });
    default:
      return {};
  }
}

interface Filling {
  readonly key: string | symbol;
  readonly form: Form;
  readonly value: unknown;
}

function fillNode(node: object, { kind, links, number }: Recipe, resolve: (link: Link) => unknown): void {
  const values = links.map(({ key, link: target, form }) => ({ key, form, value: resolve(target) }));
  const items = values.map(({ value }) => value);
  if (kind === "map")
    for (const [i, value] of items.entries()) (node as Map<unknown, unknown>).set(i % 2 ? value : i, value);
  if (kind === "set") for (const value of items) (node as Set<unknown>).add(value);
  if (node instanceof Closure || node instanceof Local) heldBy(node.parts).push(...items);
  if (node instanceof Secret) heldBy({ held: node.reveal() }).push(...items);
  if (kind === "child") inherit(node, items);
  if (Array.isArray(node)) fillArray(node, kind, values, number);
  else if (errors.has(kind)) fillError(node, values);
  else if (typeof node === "function") fillFunction(node as unknown as Constructor, values, number);
  else if (copied.has(kind)) {
    // These copy their parts with Object.assign, for which this one key is not data.
    for (const { key, value } of values) if (key !== "__proto__") define(node, key, value);
  } else if (open.has(kind)) {
    for (const { key, value, form } of values)
      if (!builtIn.test(String(key)) || isRecord(kind)) define(node, key, value, form);
  }
}

const errors: ReadonlySet<string> = new Set(["error", "aggregate", "domException", "paymentError"]);
/** Kinds that take any property. */
const open: ReadonlySet<string> = new Set([
  ...["object", "nullProto", "point", "child", "map", "set", "date", "regexp", "url", "buffer", "boxed", "boxedSymbol"],
]);
const builtIn = /^\d*$|^length$|^prototype$/;
const isRecord = (kind: string) => ["object", "nullProto", "point", "child"].includes(kind);

function fillArray(node: unknown[], kind: string, values: readonly Filling[], number: number): void {
  for (const { value, form } of values) {
    if (kind === "holes") node.length++;
    define(node, String(node.length), value, kind === "array" ? "usual" : form);
  }
  if (kind === "holes") node.length += number;
  if (kind !== "extras") return;
  for (const { key, value, form } of values) if (!builtIn.test(String(key))) define(node, key, value, form);
  if (number === 3) Object.defineProperty(node, "length", { writable: false });
}

/** Symbols and hidden functions of errors are left out by design. */
function fillError(node: object, values: readonly Filling[]): void {
  for (const { key, value } of values) {
    if (typeof key === "string" && !(key in node && typeof value === "function")) define(node, key, value);
  }
  const [cause] = values;
  if (cause === undefined || typeof cause.value === "function") return;
  Object.defineProperty(node, "cause", { value: cause.value, writable: true, configurable: true });
}

type Constructor = { prototype: unknown };

function fillFunction(node: Constructor, values: readonly Filling[], number: number): void {
  heldBy(partsOf(node)).push(...values.slice(3).map(({ value }) => value));
  for (const { key, value, form } of values) if (!builtIn.test(String(key))) define(node, key, value, form);
  if (!Object.hasOwn(node, "prototype") || !values[0]) return;
  if (number % 3 === 1) node.prototype = values[0].value;
  if (number % 3 === 2) define(node.prototype as object, "method", values[0].value, values[0].form);
}

/** Lets a node inherit from the first value that allows it: an object, or what instances of a function inherit from. */
function inherit(node: object, candidates: readonly unknown[]): void {
  for (const candidate of candidates) {
    const prototype = partsOf(Object(candidate)) ? (candidate as Constructor).prototype : candidate;
    const above: unknown = prototype === null || prototype === undefined ? null : Object.getPrototypeOf(prototype);
    if (typeof prototype !== "object" || (above !== Object.prototype && above !== null)) continue;
    if (ownData(prototype, "constructor") !== undefined && prototype === candidate) continue;
    if (!Reflect.setPrototypeOf(node, prototype)) continue;
    return;
  }
}

function ownData(value: object | null, key: string): unknown {
  return value === null ? undefined : Object.getOwnPropertyDescriptor(value, key)?.value;
}

function heldBy(parts: unknown): unknown[] {
  return (parts as { held: unknown[] }).held;
}

function define(target: object, key: string | symbol, value: unknown, form: Form = "usual"): void {
  const existing = Object.getOwnPropertyDescriptor(target, key);
  if (existing?.configurable === false) return;
  const enumerable = (existing?.enumerable ?? true) && form !== "hidden";
  const configurable = form !== "fixed";
  const get = typeof value === "function" ? (value as () => unknown) : Map.prototype.clear;
  if (form === "getter") Object.defineProperty(target, key, { get, enumerable, configurable });
  else Object.defineProperty(target, key, { value, enumerable, configurable, writable: form !== "readOnly" });
}

/** Containers of the test extensions. */
const copied: ReadonlySet<string> = new Set(["scope", "handle"]);

/** What cannot be frozen, or loses that on the way through an extension. */
const unrestricted: ReadonlySet<string> = new Set([
  ...["scope", "handle", "tool", "closure", "local", "secret", "view", "nodeBuffer"],
]);

function restrict(node: object, { kind, integrity }: Recipe): void {
  if (unrestricted.has(kind)) return;
  if (integrity === "frozen") Object.freeze(node);
  if (integrity === "sealed") Object.seal(node);
  if (integrity === "inextensible") Object.preventExtensions(node);
}
