import { expect, test } from "vitest";
import { widthOf, wrap } from "./text.ts";

test("text breaks at spaces and behind punctuation, and inside a word only when it must", () => {
  expect(wrap("short", 10)).toEqual(["short"]);
  expect(wrap("charge-the-card-again", 12)).toEqual(["charge-the-", "card-again"]);
  expect(wrap("order.total > limit", 12)).toEqual(["order.total", "> limit"]);
  expect(wrap("abcdefghijkl", 5)).toEqual(["abcde", "fghij", "kl"]);
  expect(wrap("", 5)).toEqual([""]);
});

test("what does not fit into the lines is cut off", () => {
  const lines = wrap("one two three four five six", 5, 2);
  expect(lines).toEqual(["one", "two…"]);
});

test("characters of East Asia and pictures take two columns, marks none", () => {
  expect(widthOf("支払", 10)).toBe(widthOf("abcd", 10));
  expect(widthOf("🚀", 10)).toBe(widthOf("ab", 10));
  expect(widthOf("e\u0301", 10)).toBe(widthOf("e", 10));
});
