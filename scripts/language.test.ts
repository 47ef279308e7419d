/** Holds docs/language.md to its form: each point is there once, and names fixtures that exist. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repositoryFiles } from "./source-files.ts";

const text = readFileSync(new URL("../docs/language.md", import.meta.url), "utf8");
const files = repositoryFiles().filter((path) => path.startsWith("fixtures/"));

/** The cells of each line of a table below its head. A bar that is escaped ends no cell. */
const rows = text
  .split("\n")
  .filter((line) => /^\| E?\d+ \|/.test(line))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const points = rows.map(([point = ""]) => point);

test("each point is there once, in its order", () => {
  const numbered = (count: number, letter: string) => Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);
  expect(points.filter((point) => !point.startsWith("E"))).toEqual(numbered(47, ""));
  expect(points.filter((point) => point.startsWith("E"))).toEqual(numbered(27, "E"));
});

test.each(rows)("point %s says what holds, and where", (_point, what, fixtures = "", ...more) => {
  expect(what).toMatch(/\w.*\.$/);
  expect(more).toEqual([]);
  const named = [...fixtures.matchAll(/`([^`]+)`/g)].flatMap(([, pattern = ""]) => alternatives(pattern));
  expect(named).not.toEqual([]);
  expect(new Set(named).size).toBe(named.length);
  expect(named.filter((path) => !exists(path))).toEqual([]);
});

test("a fixture that does not exist is missed", () => {
  expect(alternatives("fixtures/transform/{if-then,no}").map(exists)).toEqual([true, false]);
  expect(["fixtures/transform/if-*", "fixtures/transform/if", "scripts/markdown.ts"].map(exists)).toEqual([
    true,
    false,
    false,
  ]);
});

/** What `a/{b,c}` stands for. */
function alternatives(pattern: string): string[] {
  const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? [];
  return choices === undefined ? [pattern] : choices.split(",").map((choice) => `${before}${choice}${after}`);
}

function exists(path: string): boolean {
  const expression = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}(?:/|$)`);
  return files.some((file) => expression.test(file));
}
