import { expect, test } from "vitest";
import { widthOf } from "../cli/graph/text.ts";
import { type Bar, type Chart, toSvg } from "./chart.ts";

const bar = (name: string, median: number, min = median, max = median): Bar => ({
  name,
  isOurs: false,
  figure: { median, min, max },
});

const chartOf = (...bars: Bar[]): Chart => ({
  title: "Speed",
  subtitle: "ms",
  panels: [{ title: "10 steps", groups: [{ isApart: false, bars }] }],
  notes: [],
});

/** The elements of a kind, as their attributes and text. */
function elementsOf(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name}((?: [\\w-]+="[^"]*")*)(?:/>|>([^<]*)</${name}>)`, "g"))].map(
    (found) => ({
      ...Object.fromEntries(
        [...(found[1] as string).matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
      ),
      content: found[2] ?? "",
    }),
  );
}

const barsOf = (svg: string) => elementsOf(svg, "rect").filter((rect) => rect["class"]?.startsWith("bar"));
const widthsOf = (svg: string) => barsOf(svg).map((rect) => Number(rect["width"]));
const textsOf = (svg: string) => elementsOf(svg, "text").map(({ content }) => content);

test("bars are as long as their figures on a scale that begins at 0", () => {
  const svg = toSvg(chartOf(bar("a", 5), bar("b", 10), bar("c", 20)));
  const [a = 0, b = 0, c = 0] = widthsOf(svg);
  expect(a).toBeGreaterThan(0);
  expect([b / a, c / a]).toEqual([2, 4]);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(["0", "5", "10", "15", "20"]));
  expect(svg).not.toContain("logarithmic");
});

test("figures of different orders of magnitude stand on a logarithmic scale, and it says so", () => {
  const svg = toSvg(chartOf(bar("a", 0.5), bar("b", 5), bar("c", 50), bar("d", 5_000)));
  const [a = 0, b = 0, c = 0, d = 0] = widthsOf(svg);
  expect(a).toBeGreaterThan(0);
  expect(c - b).toBeCloseTo(b - a, 1);
  expect(d - c).toBeCloseTo(2 * (b - a), 1);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(["0.1", "1", "10", "100", "1,000", "10,000"]));
  expect(textsOf(svg)).toContain("ms; the scale is logarithmic");
});

test("panels share their scale", () => {
  const one = chartOf(bar("a", 10));
  const svg = toSvg({ ...one, panels: [...one.panels, ...chartOf(bar("a", 20)).panels] });
  const [a = 0, b = 0] = widthsOf(svg);
  expect(b / a).toBe(2);
});

test("the range of a figure is a line from its smallest to its largest", () => {
  const svg = toSvg(chartOf(bar("a", 10, 5, 15), bar("b", 20)));
  const [rect] = barsOf(svg);
  const [range] = elementsOf(svg, "line").filter((line) => line["class"] === "range");
  const start = Number(rect?.["x"]);
  const lengthOf = (x: string | undefined) => (Number(x) - start) / Number(rect?.["width"]);
  expect([lengthOf(range?.["x1"]), lengthOf(range?.["x2"])]).toEqual([0.5, 1.5]);
});

test("what was not measured has no bar and says why; other groups are drawn in another way", () => {
  const chart: Chart = {
    ...chartOf(),
    panels: [
      {
        title: "10 steps",
        groups: [
          {
            isApart: false,
            bars: [
              { ...bar("us", 2), isOurs: true },
              { name: "them", isOurs: false, figure: "it has no steps" },
            ],
          },
          { title: "apart", isApart: true, bars: [bar("others", 1)] },
        ],
      },
    ],
  };
  const svg = toSvg(chart);
  expect(barsOf(svg).map((rect) => rect["class"])).toEqual(["bar ours", "bar apart"]);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(["us", "them", "it has no steps", "apart", "others"]));
});

test("texts are escaped, broken and cut, so that none leaves the picture", () => {
  const long = "a <b> & a longer reason, ".repeat(20);
  const svg = toSvg({
    ...chartOf(bar("a & b", 1), { name: "<c>", isOurs: false, figure: long }),
    notes: [long, "short"],
  });
  expect(svg.match(/<b>|<c>|& /g)).toBeNull();
  const texts = elementsOf(svg, "text");
  const height = Number(/viewBox="0 0 860 (\d+)/.exec(svg)?.[1]);
  for (const text of texts) {
    const plain = (text["content"] as string).replace(/&\w+;/g, "_");
    const size = widthOf(plain, Number(text["font-size"]));
    const isEnd = text["class"]?.includes("end") === true;
    const isMiddle = text["class"]?.includes("middle") === true;
    const left = Number(text["x"]) - (isEnd ? size : isMiddle ? size / 2 : 0);
    expect([plain, left >= 0, left + size <= 860]).toEqual([plain, true, true]);
    expect(Number(text["y"])).toBeLessThan(height);
  }
  expect(texts.at(-1)?.["content"]).toBe("short");
});

test("it is legible on light and on dark pages, since it brings its own paper", () => {
  const svg = toSvg(chartOf(bar("a", 1)));
  const [paper] = elementsOf(svg, "rect");
  expect(paper).toMatchObject({ class: "paper", width: "860" });
  const [light = "", dark = ""] = svg.split("@media (prefers-color-scheme:dark)");
  const colourOf = (part: string, selector: string) => part.split(`${selector}{fill:`)[1]?.slice(0, 7);
  for (const selector of [".paper", "}text", ".faint", ".bar.ours"]) {
    expect(colourOf(light, selector)).toMatch(/^#/);
    expect(colourOf(dark, selector)).toMatch(/^#/);
    expect(colourOf(dark, selector)).not.toBe(colourOf(light, selector));
  }
});

test.each([0, -1, Number.NaN, Infinity])("a figure of %d is refused", (value) => {
  expect(() => toSvg(chartOf(bar("a", 1), bar("b", value)))).toThrow(/A figure of "b" cannot be drawn/);
});

test("a chart without a figure is refused", () => {
  expect(() => toSvg(chartOf({ name: "a", isOurs: false, figure: "none" }))).toThrow("There is no figure to draw");
});
