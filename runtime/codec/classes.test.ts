/** Registered classes: what is kept, what registration refuses, what a missing registration says. */
import { describe, expect, it } from "vitest";
import { decode, encode, registerClass } from "./index.ts";
import { Point, Secret } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

describe("registerClass", () => {
  it("keeps instances, their sharing and their cycles, and never calls the constructor", () => {
    const point = new Point(1, new Map());
    (point.y as Map<unknown, unknown>).set("self", point);
    const value = { a: point, b: point, held: new Secret([point]) };
    expect(difference(value, decode(encode(value)))).toBeUndefined();
  });

  it("gives decode whole data, also when the data is shared with the rest", () => {
    class Index {
      readonly size: number;
      readonly #entries: readonly string[];
      constructor(entries: readonly string[]) {
        this.#entries = entries;
        this.size = entries.length;
      }
      entries(): readonly string[] {
        return this.#entries;
      }
    }
    registerClass(Index, { name: "test.Index", encode: (index) => index.entries(), decode: (list) => new Index(list) });
    const entries = ["a", "b"];
    for (const value of [
      { index: new Index(entries), entries },
      { entries, index: new Index(entries) },
    ]) {
      const back = decode(encode(value)) as typeof value;
      expect(back.index.size).toBe(2);
      expect(back.index.entries()).toBe(back.entries);
    }
  });

  it("uses the name it is given, in every text", () => {
    expect(encode(new Point(1, 2))).toBe('[1,{"$class":["test.Point",{"x":1,"y":2}]}]');
    expect(encode(new Secret(3))).toBe('[1,{"$custom":["test.Secret",[3]]}]');
  });

  it("takes a class again when its module is loaded again, but no other class of the name", () => {
    const load = () =>
      class Reloaded {
        a = 1;
      };
    const [first, second] = [load(), load()];
    registerClass(first);
    registerClass(second);
    expect(decode(encode(new first()))).toBeInstanceOf(second);
    expect(() => registerClass(class Other {}, { name: "Reloaded" })).toThrow("another class has this name");
  });

  it.each<[string, () => void, string]>([
    [
      "private fields",
      () =>
        registerClass(
          class Hidden {
            readonly #x = 1;
            x() {
              return this.#x;
            }
          },
        ),
      "private fields needs encode and decode",
    ],
    [
      "inherited private fields",
      () => registerClass(class Sub extends Secret {}),
      "private fields needs encode and decode",
    ],
    [
      "a built-in base",
      () => registerClass(class Rows extends Map {}),
      "a class that extends Map needs encode and decode",
    ],
    [
      "half a codec",
      () => registerClass(class Half {}, { encode: () => 1 }),
      "give both encode and decode, or neither",
    ],
    ["no name", () => registerClass((() => class {})()), "the class has no name"],
    [
      "the name of an error class",
      () => registerClass(class X {}, { name: "TypeError" }),
      "belongs to a built-in error class",
    ],
    ["no class", () => registerClass((() => 1) as never), "registerClass takes a class"],
  ])("refuses %s", (_name, register, message) => {
    expect(register).toThrow(TypeError);
    expect(register).toThrow(message);
  });

  it("is asked for by name when a text holds an unknown class", () => {
    expect(() => decode('[1,{"$class":["Gone",{}]}]')).toThrow('class "Gone" is not registered; call registerClass');
    expect(() => decode('[1,{"$error":["GoneError",{},{}]}]')).toThrow('class "GoneError" is not registered');
    expect(() => decode('[1,{"$custom":["test.Point",1]}]')).toThrow("was registered with encode and decode");
  });

  it("names the class whose functions throw", () => {
    class Fussy {}
    registerClass(Fussy, {
      name: "test.Fussy",
      encode: (): number => {
        throw new Error("not today");
      },
      decode: () => {
        throw new Error("never");
      },
    });
    expect(() => encode({ a: new Fussy() })).toThrow(".a: the encode function of class test.Fussy failed: not today");
    expect(() => decode('[1,{"a":{"$custom":["test.Fussy",1]}}]')).toThrow(
      "making an instance of class test.Fussy failed: never",
    );
  });
});
