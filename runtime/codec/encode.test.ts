/** What encoding refuses, with path and reason; what it never runs; what it writes. */
import { createServer, Socket } from "node:net";
import { runInNewContext, runInThisContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { decode, encode, MAX_DEPTH, MAX_HOLES, NotEncodableError, VALUE_FORMAT } from "./index.ts";
import { Closure, closures, Local, Scope, testExtensions } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

function refusal(value: unknown): string {
  try {
    encode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(NotEncodableError);
    return (error as Error).message;
  }
  throw new Error("it was encoded");
}

describe("refusals name the path and the reason", () => {
  class Ledger {}
  function* generate() {
    yield 1;
  }
  const cases: [string, unknown, string][] = [
    ["a socket", { socket: { handle: new Socket() } }, ".socket.handle: a Socket cannot be stored"],
    ["a server", [createServer()], "[0]: a Server cannot be stored"],
    ["the root", new WeakMap(), "value: a WeakMap cannot be stored"],
    [
      "an instance",
      { a: new Ledger() },
      ".a: a Ledger cannot be stored; if it is data, register its class with registerClass",
    ],
    [
      "a named function",
      { "on change": function changed() {} },
      '["on change"]: the function changed cannot be stored',
    ],
    ["a class", { Ledger }, ".Ledger: the function Ledger cannot be stored"],
    [
      "a function as getter",
      { a: Object.defineProperty({}, "x", { get: () => 1 }) },
      '.a["get x"]: the function get cannot be stored',
    ],
    ["an iterator's heir", Object.create([1].values()), "an Array Iterator cannot be stored"],
    ["what inherits from an instance", { a: Object.create(new Ledger()) }, ".a: a Ledger cannot be stored"],
    ["an event", new Event("x"), "value: an Event cannot be stored"],
    ["eval", { e: [Reflect.get(globalThis, "eval") as unknown] }, ".e[0]: the function eval cannot be stored"],
    ["a property of an error", Object.defineProperty(new Error("x"), "y", { get: () => 1 }), ".y: an accessor"],
    ["a promise in disguise", Object.setPrototypeOf(Promise.resolve(), { a: 1 }), "value: an object with a prototype"],
    [
      "a promise that looks plain",
      Object.setPrototypeOf(Promise.resolve(), Object.prototype),
      "value: an object cannot",
    ],
    ["a proxy", { p: new Proxy({}, {}) }, ".p: a Proxy cannot be stored"],
    ["a proxied function", new Proxy(() => 1, {}), "value: a Proxy cannot be stored"],
    ["a promise", { p: Promise.resolve(1) }, ".p: a Promise cannot be stored"],
    ["a weak set", new WeakSet(), "value: a WeakSet cannot be stored"],
    ["a weak reference", new WeakRef({}), "value: a WeakRef cannot be stored"],
    ["a generator", generate(), "value: a generator cannot be stored"],
    ["an iterator", [1].values(), "value: an Array Iterator cannot be stored"],
    ["a map iterator", new Map().entries(), "value: a Map Iterator cannot be stored"],
    ["an abort signal", { signal: new AbortController().signal }, ".signal: an AbortSignal cannot be stored"],
    ["a stream", new ReadableStream(), "value: a ReadableStream cannot be stored"],
    ["arguments", runInThisContext("(function () { return arguments; })()"), "value: an arguments object"],
    ["shared memory", new SharedArrayBuffer(1), "value: a SharedArrayBuffer cannot be stored"],
    [
      "a view of shared memory",
      new Uint8Array(new SharedArrayBuffer(1)),
      "value: a SharedArrayBuffer cannot be stored",
    ],
    ["a subclass of a built-in", new (class Row extends Array {})(), "value: a Row cannot be stored"],
    ["lastIndex", Object.assign(/a/, { lastIndex: {} }), ".lastIndex: a lastIndex that is not a whole number"],
    ["a Map's key and value", new Map([[1, new Map([[() => 1, 2]])]]), "[0][1][0][0]: a function cannot be stored"],
    ["an item of a Set", { s: new Set([1, () => 1]) }, ".s[1]: a function cannot be stored"],
    ["the cause of an error", new Error("x", { cause: { f() {} } }), ".cause.f: the function f cannot be stored"],
    [
      "a field of an error",
      Object.assign(new Error("x"), { request: new Socket() }),
      ".request: a Socket cannot be stored",
    ],
  ];
  it.each(cases)("%s", (_name, value, expected) => {
    expect(refusal(value)).toContain(expected);
  });

  it("carries path and reason", () => {
    try {
      encode({ a: [new Map([["k", () => 1]])] });
      expect.unreachable();
    } catch (error) {
      expect((error as NotEncodableError).path).toEqual(["a", 0, 0, 1]);
      expect((error as NotEncodableError).reason).toBe("a function cannot be stored");
    }
  });

  it("refuses a buffer that was transferred away", () => {
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    expect(refusal({ buffer })).toBe(".buffer: an ArrayBuffer that was transferred away cannot be stored");
  });

  it("refuses an array with too many holes at once", () => {
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = 1;
    expect(refusal({ sparse })).toContain(".sparse: an array with 4000000000 holes cannot be stored");
    expect(refusal(new Array(MAX_HOLES + 1))).toContain(`limit ${MAX_HOLES}`);
    expect((decode(encode(new Array(MAX_HOLES))) as unknown[]).length).toBe(MAX_HOLES);
  });
});

describe("code of the author", () => {
  it("is never run: no getter, toJSON, trap, coercion or override", () => {
    const boom = () => {
      throw new Error("code of the author ran");
    };
    const trapped = new Proxy(
      {},
      { get: boom, ownKeys: boom, getPrototypeOf: boom, getOwnPropertyDescriptor: boom, has: boom },
    );
    for (const value of [
      trapped,
      {
        get x() {
          return boom();
        },
      },
      { toJSON: boom },
      Object.create(trapped),
      { valueOf: boom },
    ]) {
      expect(refusal({ value })).not.toContain("ran");
    }
    class Renamed extends Error {
      override get name(): string {
        return boom();
      }
    }
    // The stack is set, because computing it is the engine's business, and reads the name.
    const renamed = Object.assign(new Renamed("x"), { stack: "at home" });
    expect(decode(encode(renamed))).toMatchObject({ name: "Renamed", stack: "at home" });
  });

  it("is not run by a toJSON on a built-in prototype", () => {
    const prototype = Array.prototype as { toJSON?: unknown };
    prototype.toJSON = () => "called";
    try {
      expect(encode({ list: [1, { a: 2 }] })).toBe('[1,{"list":[1,{"a":2}]}]');
    } finally {
      delete prototype.toJSON;
    }
  });

  it("stores own toJSON and then as the data they are", () => {
    const value: unknown = JSON.parse('{"toJSON":1,"valueOf":null,"then":"x"}');
    expect(difference(value, decode(encode(value)))).toBeUndefined();
  });
});

describe("depth", () => {
  const wrappers: [string, (inner: unknown) => unknown][] = [
    ["objects", (inner) => ({ inner })],
    ["arrays", (inner) => [inner]],
    ["maps", (inner) => new Map([[inner, inner === null ? 0 : 1]])],
    ["sets", (inner) => new Set([inner])],
    ["causes", (cause) => new Error("x", { cause })],
    ["frozen objects", (inner) => Object.freeze({ inner })],
    ["arrays with holes", (inner) => Object.assign(new Array(2), { 1: inner })],
  ];
  it.each(wrappers)("of %s is kept up to the limit and refused beyond, both ways", (_name, wrap) => {
    let value: unknown = null;
    for (let i = 0; i < MAX_DEPTH; i++) value = wrap(value);
    const text = encode(value);
    expect(encode(decode(text))).toBe(text);
    expect(refusal(wrap(value))).toContain(`nested deeper than ${MAX_DEPTH} levels`);
  });

  it("of a million levels is refused without an overflow", () => {
    let value: unknown = null;
    for (let i = 0; i < 1_000_000; i++) value = [value];
    expect(refusal(value)).toContain("nested deeper");
    expect(refusal(value).length).toBeLessThan(300);
  });

  it("does not count along a chain of extension values", () => {
    let scope = new Scope();
    for (let i = 0; i < 20_000; i++) {
      const outer = new Scope();
      outer.callback = new Closure({ code: "f", scopes: [scope] });
      scope = outer;
    }
    const text = encode(scope, testExtensions);
    expect(encode(decode(text, testExtensions), testExtensions)).toBe(text);
  });
});

describe("text", () => {
  it("is plain JSON for plain data, with the version in front", () => {
    const value = { id: 1, tags: ["a", null, true], nested: { ключ: "\u2028 \ud800", __proto__x: 1.5e300 } };
    expect(encode(value)).toBe(`[${VALUE_FORMAT},${JSON.stringify(value)}]`);
  });

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 7n])(
    "keeps %s where everything else is plain",
    (value) => {
      expect((decode(encode({ plain: [value] })) as { plain: unknown[] }).plain[0]).toBe(value);
    },
  );

  it("holds a definition only for what is shared, cyclic or of an extension", () => {
    const shared = { a: 1 };
    expect(encode({ x: shared, y: shared, z: { a: 1 } })).toBe(
      '[1,{"x":{"$ref":0},"y":{"$ref":0},"z":{"a":1}},[{"a":1}]]',
    );
    const scope = new Scope();
    expect(encode([scope], testExtensions)).toBe('[1,[{"$ref":0}],[{"$scope":{"slots":{}}}]]');
  });

  it("escapes keys that look like tags", () => {
    expect(encode({ $date: 1, $: { $$ref: 2 }, cost$: 3 })).toBe('[1,{"$$date":1,"$$":{"$$$ref":2},"cost$":3}]');
  });

  it("does not store what Node's pool holds beside a Buffer", () => {
    const secret = Buffer.from("a secret of another request");
    const [mine, alsoMine] = [
      Buffer.from("mine"),
      new Uint8Array(Buffer.from("also").buffer, Buffer.from("x").byteOffset, 0),
    ];
    expect(mine.buffer).toBe(secret.buffer);
    expect(encode({ mine })).toBe('[1,{"mine":{"$view":["Buffer",{"$buffer":"bWluZQ=="}]}}]');
    expect(encode({ alsoMine }).length).toBeLessThan(60);
  });

  it("keeps Buffers that overlap in one buffer", () => {
    const all = Buffer.from("0123456789");
    const [left, right] = decode(encode([all.subarray(2, 6), all.subarray(4, 8)])) as [Buffer, Buffer];
    expect([left.toString(), right.toString()]).toEqual(["2345", "4567"]);
    left[2] = 88;
    expect(right.toString()).toBe("X567");
  });

  it("takes plain data of another realm", () => {
    const foreign: unknown = runInNewContext(
      "({ list: [1, { a: new Date(0) }], map: new Map([[1, 2]]), error: new TypeError('x') })",
    );
    const back = decode(encode(foreign)) as { list: unknown[]; map: unknown; error: unknown };
    expect(back.list).toEqual([1, { a: new Date(0) }]);
    expect(back.map).toEqual(new Map([[1, 2]]));
    expect(back.error).toBeInstanceOf(TypeError);
  });
});

describe("values made from their parts", () => {
  it("are refused as parts of themselves, because no text of them could be read", () => {
    const parts: unknown[] = [];
    const closure = new Closure(parts);
    parts.push(closure);
    expect(() => encode(closure, testExtensions)).toThrow("one of these parts itself");
  });

  it("get the path in front of a refusal of their extension", () => {
    const refusing = {
      ...closures,
      encode: () => {
        throw new NotEncodableError(["scope", "db"], "a Pool cannot be stored");
      },
    };
    expect(() => encode({ f: [new Closure(1)] }, [refusing])).toThrow(".f[0].scope.db: a Pool cannot be stored");
  });

  it("are refused with the path through their parts", () => {
    const scope = new Scope();
    scope.callback = new Closure({ scopes: [{ db: new Socket() }] });
    expect(() => encode({ scope }, testExtensions)).toThrow(
      ".scope.slots.callback.scopes[0].db: a Socket cannot be stored",
    );
  });

  it("and late ones are found wherever they are", () => {
    const scope = new Scope();
    const local = new Local({ order: 0, scope });
    scope.stripe = local;
    expect(difference(scope, decode(encode(scope, testExtensions), testExtensions))).toBeUndefined();
  });
});
