import { expect, test } from "vitest";
import { isNative, isTooOld, mismatchOf } from "./toolchain.ts";
import { isBelow } from "./versions.ts";

test.each([
  ["5.8.3", "3.3.0", "20.19.0", undefined],
  ["5.9.3", "3.3.1", "24.0.0", undefined],
  ["6.0.3", "3.3.0", "20.19.0", undefined],
  ["6.0.3", "4.0.1", "22.15.0", undefined],
  ["6.0.3", "4.0.1", "20.20.2", "ts-patch 4 asks for Node 22.15 or later."],
  ["5.9.3", "4.0.1", "24.0.0", "ts-patch 4 refuses TypeScript 5: tspc stops."],
  ["^5.9.3", "^4.0.0", "24.0.0", "ts-patch 4 refuses TypeScript 5: tspc stops."],
  ["5.9.3", "3.2.1", "24.0.0", "ts-patch before 3.3 is not tested with any TypeScript that the plugin takes."],
])("TypeScript %s, ts-patch %s, Node %s", (typescript, tsPatch, node, expected) => {
  expect(mismatchOf(typescript, tsPatch, node)).toBe(expected);
});

test("versions are told apart by their numbers", () => {
  expect([isBelow("5.10.0", "5.9.3"), isBelow("5.9", "5.9.3"), isBelow("20.19.0", "20.19.0")]).toEqual([
    false,
    true,
    false,
  ]);
  expect(["6.0.3", "7.0.2", "^7", "latest", "npm:@typescript/typescript6@^6.0.0"].map(isNative)).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(["5.7.3", "~5.8.0", "*"].map(isTooOld)).toEqual([true, false, false]);
});
