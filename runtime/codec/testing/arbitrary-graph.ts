/** Random graphs of everything that can be stored: values of all kinds, linked at will, so that cycles are common. */
import fc from "fast-check";
import { Closure, Handle, Local, PaymentError, Point, Scope, Secret, Tool } from "./extensions.ts";

/** A place of a node holds a primitive, or the node with some number (counted round). */
type Link = { readonly primitive: unknown } | { readonly node: number };

interface Recipe {
  readonly kind: (typeof kinds)[number];
  readonly links: readonly { readonly key: string; readonly link: Link }[];
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
] as const;
const ownKinds = ["point", "secret", "paymentError", "scope", "closure", "local", "handle", "tool"] as const;
const kinds = [...plainKinds, ...ownKinds] as const;

const primitives = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\ud800", "\u2028", "$", "$date", "", "__proto__"),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(undefined, null, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const keys = fc.oneof(
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

const recipe = (allowed: readonly Recipe["kind"][]): fc.Arbitrary<Recipe> =>
  fc.record({
    kind: fc.constantFrom(...allowed),
    links: fc.array(fc.record({ key: keys, link }), { maxLength: 5 }),
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

function fillNode(node: object, { kind, links, number }: Recipe, resolve: (link: Link) => unknown): void {
  const values = links.map(({ key, link: target }) => ({ key, value: resolve(target) }));
  if (node instanceof Map) for (const [i, { value }] of values.entries()) node.set(i % 2 ? value : i, value);
  else if (node instanceof Set) for (const { value } of values) node.add(value);
  else if (node instanceof Closure || node instanceof Local)
    heldBy(node.parts).push(...values.map(({ value }) => value));
  else if (node instanceof Secret) heldBy({ held: node.reveal() }).push(...values.map(({ value }) => value));
  else if (Array.isArray(node)) {
    for (const { value } of values) {
      if (kind === "holes") node.length++;
      node.push(value);
    }
    if (kind === "holes") node.length += number;
    if (kind === "extras")
      for (const { key, value } of values) if (!/^\d*$|^length$/.test(key)) define(node, key, value);
  } else if (kind === "error" || kind === "aggregate" || kind === "domException" || kind === "paymentError") {
    for (const { key, value } of values) define(node, key, value);
    if (values[0]) Object.defineProperty(node, "cause", { value: values[0].value, writable: true, configurable: true });
  } else if (kind === "object" || kind === "nullProto" || kind === "point" || copied.has(kind)) {
    // These copy their parts with Object.assign, for which this one key is not data.
    for (const { key, value } of values) if (!copied.has(kind) || key !== "__proto__") define(node, key, value);
  }
}

function heldBy(parts: unknown): unknown[] {
  return (parts as { held: unknown[] }).held;
}

function define(target: object, key: string, value: unknown): void {
  const existing = Object.getOwnPropertyDescriptor(target, key);
  const enumerable = existing?.enumerable ?? true;
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
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
