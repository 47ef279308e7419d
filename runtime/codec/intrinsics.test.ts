/** Functions and objects of the language, symbols, and what a text can name. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { DecodeError, decode, encode } from "./index.ts";
import { difference } from "./testing/same-graph.ts";

const again = (value: unknown) => decode(encode(value));
const prototypeOf = (value: unknown) => Object.getPrototypeOf(value) as object;
const named = (name: string) => `[1,{"$intrinsic":${JSON.stringify(name)}}]`;

describe("what every process has", () => {
  const cases: [string, unknown][] = [
    ["Math.max", Math.max],
    ["Object.prototype.hasOwnProperty", Object.prototype.hasOwnProperty],
    ["Map", Map],
    ["Array.prototype", Array.prototype],
    ["Function.prototype.call", Function.prototype.call],
    ["Array.prototype.values", Array.prototype[Symbol.iterator]],
    ["get Map.prototype.size", Object.getOwnPropertyDescriptor(Map.prototype, "size")?.get],
    ["RegExp.prototype[Symbol.replace]", RegExp.prototype[Symbol.replace]],
    ["TypeError.prototype", TypeError.prototype],
    ["%TypedArray%", prototypeOf(Uint8Array)],
    ["%ArrayIteratorPrototype%", prototypeOf([].values())],
    ["%ArrayIteratorPrototype%.next", [].values().next],
    ["%AsyncFunction%", (async () => {}).constructor],
    ["Math", Math],
    ["JSON", JSON],
    ["Reflect.ownKeys", Reflect.ownKeys],
    ["globalThis", globalThis],
    ["console", console],
    ["Buffer.from", Buffer.from],
    ["process", process],
    ["process.env", process.env],
    ["process.hrtime.bigint", process.hrtime.bigint],
    ["URL", URL],
    ["Headers", Headers],
    ["Headers.prototype.get", Headers.prototype.get],
    ["crypto", crypto],
    ["crypto.subtle", crypto.subtle],
    ["performance", performance],
    ["setTimeout", setTimeout],
    ["structuredClone", structuredClone],
    ["fetch", fetch],
  ];
  it.each(cases)("%s is stored by name", (name, value) => {
    expect(encode(value)).toBe(named(name));
    expect(decode(named(name))).toBe(value);
  });

  it("is named in every place, and never becomes a definition", () => {
    expect(encode([Math, Math, { m: Math }])).toBe(
      '[1,[{"$intrinsic":"Math"},{"$intrinsic":"Math"},{"m":{"$intrinsic":"Math"}}]]',
    );
  });

  it("keeps its name with properties that a program added", () => {
    const extended = Math as { added?: unknown };
    extended.added = () => 1;
    try {
      expect(encode(Math)).toBe(named("Math"));
      expect(() => encode(extended.added)).toThrow("cannot be stored");
    } finally {
      delete extended.added;
    }
  });

  it("is not what another realm has", () => {
    expect(() => encode(runInNewContext("Math.max"))).toThrow("value: the function max cannot be stored");
  });
});

describe("names that are refused", () => {
  it.each([
    ["eval"],
    ["process.binding"],
    ["process.dlopen"],
    ["process.mainModule"],
    ["process.getBuiltinModule"],
    ["process._linkedBinding"],
    ["require"],
    ["globalThis.process"],
    ["Math.added"],
    ["Math.PI"],
    ["__proto__"],
    ["constructor"],
    [""],
    ["get "],
  ])("%s", (name) => {
    expect(() => decode(named(name))).toThrow(`there is no intrinsic ${JSON.stringify(name)}`);
  });

  it.each(['{"$intrinsic":["Math"]}', '{"$intrinsic":null}', '{"$frozen":{"$intrinsic":"Math"}}'])("%s", (text) => {
    expect(() => decode(`[1,${text}]`)).toThrow(DecodeError);
    expect(() => decode(`[1,{"$ref":0},[${text}]]`)).toThrow(DecodeError);
    expect(Object.isFrozen(Math)).toBe(false);
  });

  it("cannot get properties or another prototype", () => {
    for (const target of ['{"$intrinsic":"Math"}', '{"$ref":0}']) {
      expect(() => decode(`[1,{"$properties":[${target},[["polluted",1]]]},[{}]]`)).toThrow(DecodeError);
    }
    expect("polluted" in Math).toBe(false);
  });
});

describe("symbols", () => {
  it("of the language and the registry are themselves again", () => {
    const value = [Symbol.iterator, Symbol.asyncIterator, Symbol.for("a"), Symbol.for("")];
    expect(again(value)).toEqual(value);
  });

  it("of their own keep their identity in one text, as values and as keys", () => {
    const key = Symbol("key");
    const value = { key, again: [key], [key]: 1, map: new Map([[key, key]]), other: Symbol("key"), bare: Symbol() };
    const back = again(value) as typeof value;
    expect(difference(value, back)).toBeUndefined();
    expect(back.key).not.toBe(key);
    expect((back as Record<symbol, unknown>)[back.key]).toBe(1);
  });

  it.each([
    ['{"$symbol":"nope"}', "there is no symbol Symbol.nope"],
    ['{"$symbol":"for"}', "there is no symbol Symbol.for"],
    ['{"$symbol":[1]}', "a symbol is a name"],
    ['{"$symbol":["a","b"]}', "a list of 2 elements"],
    ['{"$symbol":{"for":1}}', "a symbol is a name"],
    ['{"$symbol":{"for":"a","x":1}}', "a symbol is a name"],
    ['{"$symbol":null}', "a symbol is a name"],
    ['{"$sealed":{"$symbol":["a"]}}', "only an object or array"],
  ])("%s is refused", (text, reason) => {
    expect(() => decode(`[1,${text}]`)).toThrow(reason);
  });
});
