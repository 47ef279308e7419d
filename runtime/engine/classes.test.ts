/** What is told apart in a class: what its definition made, what its author added, what cannot be made again. */
import { describe, expect, it } from "vitest";
import {
  changedKeys,
  instanceProblem,
  keepState,
  madeBy,
  memberImage,
  memberOfImage,
  noteDefinition,
  parentOf,
  restoreState,
} from "./classes.ts";
import { newRecord, type ScopeRecord } from "./scopes.ts";

let runs = 0;

/** As the entry of a class in a table. */
function entry(values: ScopeRecord) {
  return class Money {
    static {
      noteDefinition(values, Money, { hidden: "#cents" });
    }
    static made = ++runs;
    static parse() {
      return new Money();
    }
    get text() {
      return "text";
    }
  };
}

describe("a class", () => {
  it("is made again without its static code", () => {
    const values = newRecord();
    const first = madeBy(() => entry(values)) as ReturnType<typeof entry>;
    values.made = true;
    const again = madeBy(() => entry(values)) as ReturnType<typeof entry>;
    expect([first.made, again.made, runs]).toEqual([1, undefined, 1]);
    expect([again.name, new again().text, again.parse() instanceof again]).toEqual(["Money", "text", true]);
  });

  it("has what its definition made, and what was added", () => {
    const made = entry(newRecord());
    expect(changedKeys(made)).toEqual(["made"]);
    Object.assign(made, { parse: () => 1 });
    Object.assign(made.prototype, { extra: 1 });
    expect([changedKeys(made), changedKeys(made.prototype)]).toEqual([["parse", "made"], ["extra"]]);
  });

  it("keeps the keys of members that were deleted", () => {
    const values = newRecord();
    const made = entry(values);
    Reflect.deleteProperty(made.prototype, "text");
    keepState(made, [values]);
    expect([changedKeys(made.prototype), values.gone]).toEqual([[], [[], ["text"]]]);
    const again = entry(newRecord());
    restoreState(again, [values]);
    expect("text" in again.prototype).toBe(false);
  });

  it("tells what it inherits from when it is made again", () => {
    const made = entry(newRecord());
    const parent = Object.getPrototypeOf(made) as object;
    Object.setPrototypeOf(made, Map);
    expect([parentOf(made), parentOf(made.prototype)]).toEqual([parent, Object.prototype]);
  });

  it("tells why its instances cannot be made again", () => {
    expect(instanceProblem(entry(newRecord()))).toContain("private members (#cents)");
  });
});

describe("members of a class", () => {
  it("are found again", () => {
    const made = entry(newRecord());
    const text = Object.getOwnPropertyDescriptor(made.prototype, "text")?.get as object;
    for (const member of [made.prototype, made.parse, text]) {
      expect(memberOfImage(memberImage(member, 3))).toBe(member);
    }
    expect(memberImage(text, 3)).toEqual([3.5, made, "prototype", "get", "text"]);
  });

  it("are only those of the definition", () => {
    const made = entry(newRecord());
    expect(memberOfImage([1, {}, "prototype"])).toBeUndefined();
    expect(memberOfImage([1, made, "static"])).toBeUndefined();
    expect(memberOfImage([1, made, "own", "value", "parse"])).toBeUndefined();
    expect(memberOfImage([1, made, "static", "call", "parse"])).toBeUndefined();
    expect(memberOfImage([1, made, "static", "value", "made"])).toBeUndefined();
  });
});
