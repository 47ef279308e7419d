/** What hostile and damaged texts meet, and how definitions are completed. */
import { describe, expect, it } from "vitest";
import { type CodecExtension, DecodeError, decode, encode, MAX_DEPTH } from "./index.ts";
import { components } from "./order.ts";
import { Closure, Local, locals, Point, Scope, scopes, testExtensions } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

function refusal(text: string): string {
  try {
    decode(text, testExtensions);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return (error as Error).message;
  }
  throw new Error("it was decoded");
}

describe("a text that is refused says what is wrong and where", () => {
  const deep = (open: string, close: string) => open.repeat(MAX_DEPTH + 1) + close.repeat(MAX_DEPTH + 1);
  it.each([
    ["nothing", "", "The text is not JSON"],
    ["cut off", '[1,{"a":', "The text is not JSON"],
    ["no envelope", '{"a":1}', "The text is not a stored value"],
    ["no version", '["1",{}]', "does not begin with a format version"],
    ["version 0", "[0,{}]", "does not begin with a format version"],
    ["a version of the future", "[2,{}]", "format version 2, and this version of backstitch reads up to 1: upgrade it"],
    ["definitions of a wrong shape", "[1,1,{}]", "the list of its definitions"],
    ["too many parts", "[1,1,[],1]", "the list of its definitions"],
    ["an unknown tag", '[1,{"a":[{"$nope":1}]}]', 'at value/a/0: there is no tag "$nope"'],
    ["a tag of a prototype", '[1,{"$__proto__":1}]', 'there is no tag "$__proto__"'],
    ["a tag with company", '[1,{"$date":null,"x":1}]', 'the tag "$date" has other keys'],
    ["a tag among properties", '[1,{"$class":["test.Point",{"$x":1}]}]', "must be escaped"],
    ["a spelled-out dollar", '[1,{"\\u0024nope":1}]', 'there is no tag "$nope"'],
    ["an unknown constant", '[1,{"$":"constructor"}]', 'there is no constant "constructor"'],
    ["a constant of a wrong shape", '[1,{"$":["NaN"]}]', "there is no constant"],
    ["a hole outside an array", '[1,{"$":"hole"}]', 'there is no constant "hole"'],
    ["a missing definition", '[1,{"a":{"$ref":3}},[{}]]', "at value/a: there is no definition 3"],
    ["a missing definition in a definition", '[1,1,[{"a":{"$ref":1}}]]', "at definitions/0: there is no definition 1"],
    ["a negative reference", '[1,{"$ref":-1},[{}]]', "there is no definition -1"],
    ["a reference that is no number", '[1,{"$ref":"length"},[{}]]', 'there is no definition "length"'],
    ["a reference without definitions", '[1,{"$ref":0}]', "there is no definition 0"],
    ["a primitive definition", '[1,{"$ref":0},[1]]', "a definition must be an object or an array"],
    ["a definition that is a reference", '[1,{"$ref":0},[{"$ref":0}]]', "a definition cannot be a $ref"],
    ["a definition that is a constant", '[1,{"$ref":0},[{"$":"NaN"}]]', "a definition cannot be a $"],
    ["an extension value in place", '[1,{"$closure":[]}]', "a closure must be a definition"],
    [
      "a closure made from itself",
      '[1,1,[{"$closure":[{"$ref":0}]}]]',
      "at definitions/0/0: definition 0 is one of its own parts",
    ],
    [
      "closures made from one another",
      '[1,1,[{"$closure":[{"$ref":1}]},{"$closure":[{"$ref":0}]}]]',
      "one of its own parts",
    ],
    [
      "a late value as parts",
      '[1,1,[{"$closure":{"$ref":1}},{"$local":{}}]]',
      "the parts of the closure cannot be a late value",
    ],
    ["parts of a wrong shape", '[1,1,[{"$scope":null}]]', "at definitions/0: making the scope failed"],
    ["a bigint", '[1,{"$bigint":"1e9"}]', "a bigint is decimal digits"],
    ["a bigint of minus zero", '[1,{"$bigint":"-0"}]', "a bigint is decimal digits"],
    ["a date", '[1,{"$date":"yesterday"}]', "a date is ISO 8601"],
    ["a date that overflows", '[1,{"$date":"2026-02-31T00:00:00.000Z"}]', "a date is ISO 8601"],
    ["a regexp", '[1,{"$regexp":["(","g"]}]', "the regexp is wrong: Invalid regular expression"],
    ["flags", '[1,{"$regexp":["a","gg"]}]', "the regexp is wrong: Invalid"],
    ["lastIndex", '[1,{"$regexp":["a","g",{}]}]', "a regexp is [source, flags, lastIndex]"],
    ["a regexp nested deep", `[1,{"$regexp":["${"(".repeat(1e6)}${")".repeat(1e6)}",""]}]`, "the regexp is wrong"],
    ["a long name", `[1,{"$${"x".repeat(1e6)}":1}]`, "there is no tag"],
    ["a long path", `[1,{"${"x".repeat(1e6)}":{"$":1}}]`, "at value/xxx"],
    ["a URL", '[1,{"$url":"nowhere"}]', "the URL is wrong: Invalid URL"],
    ["map entries", '[1,{"$map":[[1,2,3]]}]', "a list of 3 elements is not expected"],
    ["a map that is no list", '[1,{"$map":{"length":4000000000}}]', "a list is expected"],
    ["a key twice", '[1,{"$map":[[1,2],[1,3]]}]', "the map has the key of entry 1 twice"],
    ["an item twice", '[1,{"$set":[1,1]}]', "the set has item 1 twice"],
    ["a huge length", '[1,{"$array":[[],{"length":4000000000}]}]', "length is no named property of an array"],
    ["a huge index", '[1,{"$array":[[],{"4294967294":1}]}]', "4294967294 is no named property of an array"],
    ["a huge view", '[1,{"$view":["Float64Array",{"$buffer":""},0,4000000000]}]', "the view is wrong"],
    ["a view without buffer", '[1,{"$view":["Uint8Array",4000000000]}]', "a view needs an ArrayBuffer"],
    ["a view of a list", '[1,{"$view":["Uint8Array",{"length":4000000000}]}]', "a view needs an ArrayBuffer"],
    ["a view out of range", '[1,{"$view":["DataView",{"$buffer":"AA=="},0,2]}]', "the view is wrong"],
    ["a Buffer out of range", '[1,{"$view":["Buffer",{"$buffer":"AA=="},1,2]}]', "the view is wrong"],
    ["a view out of line", '[1,{"$view":["Uint16Array",{"$buffer":"AAAA"},1,1]}]', "the view is wrong"],
    ["a class of views", '[1,{"$view":["Object",{"$buffer":""}]}]', 'there is no class of views "Object"'],
    ["base64", '[1,{"$buffer":"A"}]', "a buffer is base64 text"],
    ["a class of errors", '[1,{"$error":["test.Point",{},{}]}]', "is not a class of errors"],
    ["a prototype as class", '[1,{"$class":["__proto__",{}]}]', 'class "__proto__" is not registered'],
    ["a frozen primitive", '[1,{"$frozen":1}]', "only an object or array can be frozen"],
    ["a frozen reference", '[1,{"$frozen":{"$ref":0}},[{}]]', "only an object or array can be frozen"],
    ["frozen twice", '[1,{"$frozen":{"$sealed":{}}}]', "only an object or array can be frozen"],
    [
      "a frozen typed array",
      '[1,{"$frozen":{"$view":["Int8Array",{"$buffer":"AA=="}]}}]',
      "restricting the object is wrong",
    ],
    ["deep arrays", `[1,${deep("[", "]")}]`, `nested deeper than ${MAX_DEPTH} levels`],
    ["deep objects", `[1,${'{"a":'.repeat(500)}1${"}".repeat(500)}]`, `nested deeper than ${MAX_DEPTH} levels`],
    ["deep maps", `[1,${'{"$map":[[1,'.repeat(500)}1${"]]}".repeat(500)}]`, `nested deeper than ${MAX_DEPTH} levels`],
    ["deep frozen objects", `[1,${'{"$frozen":{"a":'.repeat(500)}1${"}}".repeat(500)}]`, "nested deeper"],
    ["a deep definition", `[1,1,[${deep("[", "]")}]]`, `nested deeper than ${MAX_DEPTH} levels`],
    ["a million brackets", `[1,${"[".repeat(1e6)}${"]".repeat(1e6)}]`, "nested deeper"],
    ["a million brackets with tags", `[1,[{"$":"NaN"},${"[".repeat(1e6)}${"]".repeat(1e6)}],[]]`, "nested deeper"],
  ])("%s", (_name, text, expected) => {
    expect(refusal(text)).toContain(expected);
    expect(refusal(text).length).toBeLessThan(700);
  });

  it("of a value that is no text at all", () => {
    expect(() => decode(undefined as unknown as string)).toThrow("A stored value is a text, not a undefined");
  });

  it("when an extension is missing, or has no way to decode", () => {
    expect(() => decode('[1,{"$ref":0},[{"$scope":{}}]]')).toThrow("a scope can only be decoded as part of a frame");
    const { create: _, fill: __, ...headless } = scopes;
    expect(() => decode('[1,{"$ref":0},[{"$scope":{}}]]', [headless])).toThrow("neither create, make nor late");
  });

  it("keeps what an extension threw as the cause", () => {
    const failure = new Error("no key");
    const failing: CodecExtension = {
      ...locals,
      late: () => {
        throw failure;
      },
    };
    const text = encode(new Local({ order: 0 }), testExtensions);
    try {
      decode(text, [failing]);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toBe(
        "The text cannot be decoded at definitions/0: making the local failed: no key",
      );
      expect((error as Error).cause).toBe(failure);
    }
  });
});

describe("hostile texts that are values", () => {
  it("keep prototype keys as data", () => {
    for (const tagged of ["", ',"x":{"$":"NaN"}', ',"$$x":1']) {
      const value = decode(
        `[1,{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}${tagged}}]`,
      ) as object;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.hasOwn(value, "__proto__")).toBe(true);
      expect("polluted" in {}).toBe(false);
    }
    const error = decode('[1,{"$error":["Error",{"__proto__":{"polluted":1}},{"__proto__":null}]}]') as Error;
    expect(error).toBeInstanceOf(Error);
    const point = decode('[1,{"$class":["test.Point",{"__proto__":null,"x":1}]}]') as Point;
    expect(Object.getPrototypeOf(point)).toBe(Point.prototype);
  });

  it("cannot grow by sharing: references are not copies", () => {
    const levels = 300;
    const definitions = Array.from({ length: levels }, (_, i) => `[{"$ref":${i + 1}},{"$ref":${i + 1}}]`);
    const value = decode(`[1,{"$ref":0},[${definitions.join()},[]]]`);
    expect(encode(value).length).toBeLessThan(levels * 40);
  });

  it("may chain as many definitions as they like", () => {
    const length = 100_000;
    const lists = Array.from({ length }, (_, i) => `[{"$ref":${(i + 1) % length}}]`);
    expect(decode(`[1,{"$ref":0},[${lists.join()}]]`)).toHaveLength(1);
    const closures = Array.from({ length }, (_, i) => `{"$closure":[${i + 1 < length ? `{"$ref":${i + 1}}` : ""}]}`);
    expect(decode(`[1,{"$ref":0},[${closures.join()}]]`, testExtensions)).toBeInstanceOf(Closure);
  });
});

describe("late values", () => {
  it("are made in their order, after everything else is filled, and patched wherever they are", () => {
    const [second, first] = [new Local({ order: 2 }), new Local({ order: 1 })];
    const scope = Object.assign(new Scope(), { second, first });
    const value = {
      scope,
      list: Object.assign(new Array(3), { 0: first, 2: second }),
      map: new Map<unknown, unknown>([
        [1, first],
        [second, second],
        ["last", 0],
      ]),
      set: new Set([0, second, first, 1]),
      error: new Error("x", { cause: first }),
      frozen: Object.freeze([Object.freeze({ first })]),
      point: new Point(first, [second]),
      closure: new Closure({ held: [first] }),
      $escaped: first,
      root: second,
    };
    const made: unknown[] = [];
    const recording: CodecExtension = {
      ...locals,
      late: (parts) => {
        made.push((parts as { order: number }).order);
        return locals.late?.(parts);
      },
    };
    const back = decode(encode(value, testExtensions), [recording, ...testExtensions]);
    expect(difference(value, back)).toBeUndefined();
    expect(made).toEqual([1, 2]);
  });

  it("see the values that were made before them", () => {
    const scope = new Scope();
    scope.a = new Local({ order: 1, scope });
    scope.b = new Local({ order: 2, scope });
    const seen: unknown[] = [];
    const recording: CodecExtension = {
      ...locals,
      late: (parts) => {
        const { order, scope: around } = parts as { order: number; scope: Scope };
        seen.push(order === 1 ? typeof around.a : around.a instanceof Local);
        return locals.late?.(parts);
      },
    };
    decode(encode(scope, testExtensions), [recording, ...testExtensions]);
    expect(seen).toEqual(["symbol", true]);
  });

  it("may be the whole value, and a primitive", () => {
    const text = encode(new Local({ order: 1 }), testExtensions);
    expect(decode(text, [{ ...locals, late: () => 7 }])).toBe(7);
  });
});

describe("the order of completion", () => {
  it("has every node after what it depends on, cycles together", () => {
    const edges = [[1], [2, 3], [1], [], [4, 0]];
    expect(components(5, (node) => edges[node] ?? [])).toEqual([[3], [1, 2], [0], [4]]);
  });

  it("makes values before the containers of their cycle are filled, and after all others", () => {
    const scope = new Scope();
    const seen: unknown[] = [];
    const shared = { filled: true };
    scope.callback = new Closure({ scope, shared, own: { filled: true } });
    scope.shared = shared;
    const recording: CodecExtension = {
      tag: "closure",
      matches: (value) => value instanceof Closure,
      encode: (value) => (value as Closure).parts,
      make: (parts) => {
        const { scope: around, shared: data, own } = parts as Record<string, object>;
        seen.push(Object.keys(around as object).length, data, own);
        return new Closure(parts);
      },
    };
    decode(encode(scope, [scopes, recording]), [scopes, recording]);
    expect(seen).toEqual([0, { filled: true }, { filled: true }]);
  });
});
