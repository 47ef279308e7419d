/** Texts of every released format must load for ever; the documentation's examples are texts too. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { values } from "../../fixtures/frames/v1/values.ts";
import { tags } from "./format.ts";
import { decode, encode } from "./index.ts";
import { testExtensions } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

const folder = new URL("../../fixtures/frames/v1/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const textOf = (file: string) => readFileSync(new URL(file, folder), "utf8").trimEnd();

describe("fixtures/frames/v1", () => {
  it.each(files)("%s loads", (file) => {
    const value = values[file.replace(".json", "")]?.();
    expect(difference(value, decode(textOf(file), testExtensions))).toBeUndefined();
    expect(encode(value, testExtensions)).toBe(textOf(file));
  });

  it("holds a text for every value described, and every tag", () => {
    expect(files.map((file) => file.replace(".json", "")).sort()).toEqual(Object.keys(values).sort());
    const all = files.map(textOf).join();
    expect(tags.filter((tag) => !all.includes(`{"${tag}":`))).toEqual([]);
  });
});

describe("docs/frame-format.md", () => {
  const document = readFileSync(new URL("../../docs/frame-format.md", import.meta.url), "utf8");
  const examples = [...document.matchAll(/`(\[1,.*?\])`(?= |$|\|)|^(\[1,.*\])$/gm)].map(
    (match) => match[1] ?? match[2] ?? "",
  );

  it("has an example of every tag", () => {
    expect(tags.filter((tag) => !examples.some((example) => example.includes(`{"${tag}":`)))).toEqual([]);
  });

  it.each(examples)("%s is what encode writes", (example) => {
    expect(encode(decode(example, testExtensions), testExtensions)).toBe(example);
  });
});
