/** Built-in objects that inherit from something else than their class says. */
import { describe, expect, it } from "vitest";
import { decode, encode } from "./index.ts";
import { makeFunction, testExtensions } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;

const builtIns: readonly (readonly [string, () => object])[] = [
  ["an array", () => Object.assign([1, 2, 3], { length: 5 })],
  ["a map", () => new Map([[{ key: 1 }, 2]])],
  ["a set", () => new Set([1, "1"])],
  ["a date", () => new Date(1)],
  ["a regexp", () => Object.assign(/a/g, { lastIndex: 2 })],
  ["a boxed text", () => Object.assign(Object("text") as object, { more: 1 })],
  ["a boxed bigint", () => Object(1n) as object],
  ["a buffer", () => buffer.slice(1)],
  ["a typed array", () => new Int16Array(buffer, 2, 2)],
  ["a typed array with a property", () => Object.assign(new Uint8Array(2), { length2: 2 })],
  ["a DataView", () => new DataView(buffer, 1)],
];

const base = { inherited: true };

const prototypes: readonly (readonly [string, () => object | null])[] = [
  ["null", () => null],
  ["that of records", () => Object.prototype],
  ["a record", () => base],
  ["an object above that of a class", () => Object.create(Map.prototype) as object],
  ["that of another class", () => Uint8Array.prototype],
  ["that of a class of the run", () => makeFunction({ order: 1, body: "class", held: [] }).prototype],
];

describe.each(builtIns)("%s", (_name, make) => {
  it.each(prototypes)("that inherits from %s comes back as it was", (_prototype, prototypeOf) => {
    const value = Object.setPrototypeOf(make(), prototypeOf()) as object;
    const graph = [value, { again: value, of: Object.getPrototypeOf(value) as unknown }];
    const text = encode(graph, testExtensions);
    expect(difference(graph, decode(text, testExtensions))).toBeUndefined();
    expect(encode(decode(text, testExtensions), testExtensions)).toBe(text);
  });
});

it("a view of a subclass that the class leads back to", () => {
  const Bytes = makeFunction({ order: 1, body: "class", held: [] });
  const bytes = Object.setPrototypeOf(new Uint8Array([1]), Bytes.prototype) as { first?: unknown };
  bytes.first = bytes;
  Object.assign(Bytes, { made: [bytes] });
  const text = encode(Bytes, testExtensions);
  expect(difference(Bytes, decode(text, testExtensions))).toBeUndefined();
});
