/** What is written in one pass is what a scan leads to, or nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CodecExtension, encode, NotEncodableError, Sharing } from "./index.ts";
import { frameGraphs } from "./testing/arbitrary-graph.ts";
import { testExtensions } from "./testing/extensions.ts";

const seed = 20_261_126;

/** The text of a value, or why it has none. */
function textOf(value: unknown, extensions: readonly CodecExtension[] = []): string {
  try {
    return encode(value, extensions);
  } catch (error) {
    if (error instanceof NotEncodableError) return error.message;
    throw error;
  }
}

/** What is known once `value` was encoded. */
function learned(value: unknown, extensions: readonly CodecExtension[] = []): Sharing {
  const sharing = new Sharing();
  encode(value, extensions, undefined, sharing);
  return sharing;
}

type Node = Record<PropertyKey, unknown> | unknown[];
interface Change {
  readonly at: number;
  readonly key: string;
  readonly value: number | string | undefined;
}

const change = fc.record({
  at: fc.nat(),
  key: fc.constantFrom("0", "1", "a", "b", "$date", "__proto__"),
  // A number is the node of this number.
  value: fc.oneof(fc.nat(), fc.constantFrom("text", 'te"xt', "\ud800", undefined)),
});
const nodes = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });

/** Changes one of some nodes, which may refer to any of all. */
function apply(all: readonly Node[], { at, key, value }: Change, some = all): void {
  const node = some[at % some.length] as Node;
  const item = typeof value === "number" ? all[value % all.length] : value;
  Object.defineProperty(node, key, { value: item, writable: true, enumerable: true, configurable: true });
}

describe("a value that changes between its texts", () => {
  it("has the text of a scan, whatever is shared now", () => {
    let direct = 0;
    const property = fc.property(nodes, fc.array(change), fc.array(change), (kinds, before, after) => {
      const all = kinds.map((isArray): Node => (isArray ? [] : {}));
      for (const each of before) apply(all, each);
      const sharing = learned(all[0]);
      for (const each of after) {
        apply(all, each);
        const text = sharing.write(all[0], []);
        if (text !== undefined) {
          direct++;
          expect(text).toBe(encode(all[0]));
        } else encode(all[0], [], undefined, sharing);
      }
    });
    fc.assert(property, { numRuns: 2000, seed });
    expect(direct).toBeGreaterThan(1000);
  });

  it("does so through extensions", () => {
    let direct = 0;
    const property = fc.property(frameGraphs, frameGraphs, (first, second) => {
      const extended = { first, second, slots: {} as Record<string, unknown> };
      try {
        encode(extended, testExtensions);
      } catch (error) {
        if (error instanceof NotEncodableError) return;
        throw error;
      }
      const sharing = learned(extended, testExtensions);
      for (const again of [first, [1], second, undefined]) {
        extended.slots["again"] = again;
        const text = sharing.write(extended, testExtensions);
        if (text !== undefined) direct++;
        if (text !== undefined) expect(text).toBe(textOf(extended, testExtensions));
      }
    });
    fc.assert(property, { numRuns: 2000, seed });
    expect(direct).toBeGreaterThan(20);
  });
});

describe("what only a scan can store", () => {
  const chain = Array.from({ length: 500 }).reduce<unknown>((rest) => ({ rest }), null);
  const value = (item: unknown): PropertyDescriptor => ({
    value: item,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  const getter = () => {
    throw new Error("was run");
  };
  const cases: Record<string, PropertyDescriptor> = {
    "a getter, which is not run": { get: getter, enumerable: true, configurable: true },
    "a hidden property": { value: 1 },
    "a symbol": value(Symbol("own")),
    "a date": value(new Date(0)),
    "a map that looks like a record": value(Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)),
    "an array with a hole": value(new Array(2)),
    "an array with a name": value(Object.assign([1], { name: "n" })),
    "an array with a hole and a name": value(Object.assign(new Array(1), { name: "n" })),
    "an array of fixed length": value(Object.defineProperty([1], "length", { writable: false })),
    "a frozen object": value(Object.freeze({ a: 1 })),
    "an error": value(new RangeError("far")),
    "a function of the language": value(Math.max),
    "a record without prototype": value(Object.assign(Object.create(null), { a: 1 })),
    "a socket": value(new (class Socket {})()),
    "a proxy": value(new Proxy({}, {})),
    "the environment": value(process.env),
    "a chain that is too long": value(chain),
  };

  it.each(Object.entries(cases))("%s", (_name, property) => {
    const object = { a: 1 };
    const sharing = learned(object);
    expect(sharing.write(object, [])).toBe('[1,{"a":1}]');
    Object.defineProperty(object, "x", property);
    expect(sharing.write(object, [])).toBeUndefined();
  });

  it("under a symbol", () => {
    const object: Record<PropertyKey, unknown> = { a: 1 };
    const sharing = learned(object);
    object[Symbol.iterator] = 1;
    expect(sharing.write(object, [])).toBeUndefined();
  });

  it("a chain that is too long through a shared object", () => {
    const chain = (levels: number, end: unknown) =>
      Array.from({ length: levels }).reduce<object>((rest) => ({ rest }), end as object);
    const shared: Record<string, unknown> = { a: 1 };
    const value = chain(250, [shared, shared]);
    const sharing = learned(value);
    expect(sharing.write(value, [])).toBe(encode(value));
    shared["more"] = chain(250, {});
    expect(sharing.write(value, [])).toBeUndefined();
    expect(textOf(value)).toContain("nested deeper");
  });

  it("runs no trap of a proxy that an extension stores", () => {
    const trap = (name: string) => () => {
      throw new Error(`${name} was run`);
    };
    const traps = { isExtensible: trap("isExtensible"), getOwnPropertyDescriptor: trap("getOwnPropertyDescriptor") };
    const proxy = new Proxy(() => {}, traps);
    const extension: CodecExtension = {
      tag: "proxy",
      takesProxies: true,
      matches: (value) => value === proxy,
      encode: () => 1,
      keysOf: () => undefined,
      late: () => proxy,
    };
    const sharing = learned([proxy], [extension]);
    expect(sharing.write([proxy], [extension])).toBe('[1,[{"$ref":0}],[{"$proxy":1}]]');
  });

  it("is not tried again at once, and is in the end", () => {
    const object: Record<string, unknown> = { date: new Date(0) };
    const sharing = learned(object);
    sharing.write(object, []);
    delete object["date"];
    const texts = Array.from({ length: 20 }, () => sharing.write(object, []));
    expect(texts[0]).toBeUndefined();
    expect(texts.at(-1)).toBe("[1,{}]");
  });
});
