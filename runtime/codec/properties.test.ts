/** Properties that are not ordinary, prototypes, boxed primitives, and functions that an extension stores. */
import { describe, expect, it } from "vitest";
import { type CodecExtension, decode, encode } from "./index.ts";
import { locals, makeFunction, testExtensions } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

function again<T>(value: T): T {
  const text = encode(value, testExtensions);
  const back = decode(text, testExtensions);
  expect(difference(value, back)).toBeUndefined();
  expect(encode(back, testExtensions)).toBe(text);
  return back as T;
}

const plain = (order = 0) => makeFunction({ order, body: "plain", held: [] });
const arrow = (order = 0) => makeFunction({ order, body: "arrow", held: [] });

describe("properties", () => {
  it.each<[string, unknown]>([
    ["of every attribute", Object.defineProperties({ a: 1 }, { b: { value: 2 }, c: { value: 3, writable: true } })],
    ["before ordinary ones", Object.assign(Object.defineProperty({}, "x", { value: 1 }), { y: 2, z: [3] })],
    ["of a sealed object", Object.seal(Object.defineProperty({ x: 1, y: 2 }, "x", { writable: false }))],
    ["of a frozen object", Object.freeze(Object.defineProperty({ x: 1, [Symbol("s")]: 2 }, "y", { value: {} }))],
    ["an accessor", Object.defineProperty({}, "x", { get: arrow(), enumerable: true })],
    ["an accessor without functions", Object.defineProperty({}, "x", { get: undefined as never, configurable: true })],
    [
      "a frozen accessor",
      Object.freeze(Object.defineProperty({ y: 1 }, "x", { get: arrow(), set: Array.prototype.push })),
    ],
    ["elements", Object.defineProperty([1, 2, 3], 1, { writable: false })],
    ["an element getter", Object.defineProperty([1, 2, 3], 1, { get: arrow() })],
    ["a fixed length", Object.defineProperty([1, 2], "length", { writable: false })],
    ["of a map", Object.assign(new Map([["a", 1]]), { label: "x", get: 1, set: 2, entries: 3 })],
    ["of a date", Object.assign(new Date(0), { self: [] })],
    ["of a regexp", Object.defineProperty(Object.assign(/a/g, { lastIndex: 2 }), "lastIndex", { writable: false })],
    ["named like tags", Object.defineProperty({}, "$date", { value: 1 })],
    ["named __proto__", Object.defineProperty({}, "__proto__", { value: { polluted: 1 } })],
  ])("%s", (_name, value) => {
    again([value, value]);
  });

  it("may lead back to their object", () => {
    const date = Object.assign(new Date(0), { owner: {} });
    date.owner = { date };
    const boxed = Object.assign(Object(1) as object, { self: {} });
    boxed.self = boxed;
    again([date, boxed]);
  });

  it.each([
    ['{"$properties":[1,[]]}', "properties stand around an object"],
    ['{"$properties":[{"$custom":["test.Secret",1]},[]]}', "a $custom cannot have properties around it"],
    ['{"$properties":[{"$properties":[{},[]]},[]]}', "a $properties cannot have properties around it"],
    ['{"$properties":[{},[["a"]]]}', "a list of 1 elements"],
    ['{"$properties":[{},[[1,2]]]}', "the key of a property is text or a symbol"],
    ['{"$properties":[{},[["a",1,"cew"]]]}', "attributes are some of the letters wec"],
    ['{"$properties":[{"a":1},[["a",2]]]}', "the property a comes twice"],
    ['{"$properties":[{},[["a",2],["a",3]]]}', "the property a comes twice"],
    ['{"$properties":[{},[["a",1,2,""]]]}', "the accessor is wrong"],
    ['{"$properties":[[],[["length",4000000000]]]}', "the length is another"],
    ['{"$properties":[[],[["4294967294",1]]]}', "the array has no place 4294967294"],
    ['{"$properties":[[1],[["0",1]]]}', "the property 0 comes twice"],
    ['{"$properties":[{"$boxed":"ab"},[["0",1]]]}', "the property 0 comes twice"],
    ['{"$properties":[{"$regexp":["a",""]},[["lastIndex",{"$intrinsic":"Map"},{"$":"undefined"},""]]]}', "is wrong"],
    ['{"$boxed":null}', "only a primitive can be boxed"],
    ['{"$boxed":{}}', "only a primitive can be boxed"],
    ['{"$create":[1,{}]}', "a prototype is an object or null"],
    ['{"$create":[{}]}', "a list of 1 elements"],
  ])("%s is refused", (text, reason) => {
    expect(() => decode(`[1,${text}]`)).toThrow(reason);
  });
});

describe("prototypes", () => {
  it("are kept, shared and in chains", () => {
    const base = { kind: "base", [Symbol.toStringTag]: "Base" };
    const middle = Object.assign(Object.create(base) as object, { m: 1 });
    const back = again([middle, Object.create(middle), Object.freeze(Object.create(middle)), Object.create([1])]);
    expect(Reflect.get(back[1] as object, "kind")).toBe("base");
  });

  it("of the language are kept for ordinary objects only", () => {
    again([Object.create(Map.prototype), Object.create(Array.prototype), Object.create(Math)]);
    expect(() => encode(Object.create(WeakRef.prototype))).toThrow("a WeakRef cannot be stored");
  });

  it("cannot form a cycle", () => {
    expect(() => decode('[1,{"$ref":0},[{"$create":[{"$ref":0},{}]}]]')).toThrow("the prototype is wrong: Cyclic");
  });
});

describe("functions that an extension stores", () => {
  it("keep what was added to them, and being frozen", () => {
    const f = Object.assign(arrow(1), { count: 1, self: {}, [Symbol.toStringTag]: "F" });
    f.self = f;
    Object.defineProperty(f, "hidden", { get: arrow(2) });
    const back = again([f, Object.freeze(arrow(3))]);
    expect((back[0] as typeof f).self).toBe(back[0]);
  });

  it("keep their prototype, and objects made with them", () => {
    const F = plain();
    Reflect.set(F.prototype, "method", arrow(1));
    const [, instance, Again] = again([{}, Object.assign(Object.create(F.prototype) as object, { x: 1 }), F] as const);
    expect(instance instanceof Again).toBe(true);
    expect(Object.keys(Again.prototype)).toEqual(["method"]);
  });

  it("keep a prototype that is as new, and one that was replaced by anything", () => {
    const [one, two, three] = [plain(0), plain(1), plain(2)];
    two.prototype = Object.create(one.prototype) as object;
    Reflect.set(three, "prototype", 7);
    const instance = Object.create(two.prototype) as object;
    const back = again([instance, one, two, three] as const);
    expect(Object.getPrototypeOf(back[2].prototype)).toBe(back[1].prototype);
    expect(encode(plain(), testExtensions)).not.toContain("prototype");
  });

  it("keep nothing, and no instance, when the extension finds them instead of making them", () => {
    const { keysOf: _, ...finding } = locals;
    const extensions: readonly CodecExtension[] = [finding];
    const F = Object.assign(plain(), { cache: new WeakMap() });
    expect(encode(F, extensions)).toBe('[1,{"$ref":0},[{"$local":{"order":0,"body":"plain","held":[]}}]]');
    const instance = Object.create(F.prototype) as object;
    expect(() => encode({ instance }, extensions)).toThrow(".instance: a made cannot be stored");
    expect(() => encode(F.prototype, extensions)).toThrow("the prototype of the function made cannot be stored");
  });

  it("are the only values of an extension with properties around them", () => {
    const around = (tagged: string) => `[1,1,[{"$properties":[${tagged},[["a",1]]]}]]`;
    expect(() => decode(around('{"$scope":{"slots":{}}}'), testExtensions)).toThrow("no properties of its own");
    expect(() => decode(around('{"$local":{"order":0}}'), testExtensions)).toThrow("only a function has properties");
  });
});
