/** Bars of a benchmark as a picture of its own: no script, no font and no style sheet from elsewhere. */
import { widthOf, wrap } from "../cli/graph/text.ts";
import { attributes, element, number } from "../cli/graph/xml.ts";

export interface Chart {
  readonly title: string;
  /** Behind it stands whether the scale is logarithmic. */
  readonly subtitle: string;
  /** Below each other, on one scale. */
  readonly panels: readonly Panel[];
  /** Of any length. */
  readonly notes: readonly string[];
}

export interface Panel {
  readonly title: string;
  readonly groups: readonly Group[];
}

/** Bars that may be compared with each other. */
export interface Group {
  readonly title?: string | undefined;
  readonly isApart: boolean;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly name: string;
  readonly isOurs: boolean;
  /** All above 0; or why there are none. */
  readonly figure: { readonly median: number; readonly min: number; readonly max: number } | string;
}

const width = 860;
const margin = 20;
const columns = { names: 190, plot: 520 };
const plotStart = margin + columns.names;
const heights = { row: 22, bar: 13, title: 24, small: 17, gap: 14 };
const sizes = { title: 17, panel: 13, text: 12, small: 11 };
/** Of the largest and the smallest figure. Above it the small bars could not be told from none. */
const largestLinearRatio = 20;

const light = {
  paper: "#ffffff",
  ink: "#1b2330",
  faint: "#5b6675",
  grid: "#dfe3e8",
  ours: "#2f62b5",
  other: "#8a95a5",
};
const dark = { paper: "#12161c", ink: "#e6eaf0", faint: "#9aa5b4", grid: "#2b323c", ours: "#6d9be8", other: "#7d8898" };

function colours({ paper, ink, faint, grid, ours, other }: typeof light): string {
  return [
    `.paper{fill:${paper}}`,
    `text{fill:${ink}}`,
    `.faint{fill:${faint}}`,
    `.grid{stroke:${grid}}`,
    `.range{stroke:${ink}}`,
    `.bar{fill:${other};stroke:${other}}`,
    `.bar.ours{fill:${ours};stroke:${ours}}`,
    ".bar.apart{fill:none}",
  ].join("");
}

/** Colours are written out twice: not every program that shows SVG knows variables of style sheets. */
const style = [
  'text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;white-space:pre}',
  ".strong{font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}.range{stroke-width:1.5}.bar.apart{stroke-dasharray:4 3}",
  colours(light),
  `@media (prefers-color-scheme:dark){${colours(dark)}}`,
].join("");

/**
 * Draws a chart.
 *
 * @throws Error when a figure is not above 0, or when there is none
 * @example
 * ```ts
 * const figure = { median: 2, min: 1, max: 3 };
 * const group = { isApart: false, bars: [{ name: "us", isOurs: true, figure }] };
 * toSvg({ title: "Speed", subtitle: "ms", panels: [{ title: "10 steps", groups: [group] }], notes: [] });
 * ```
 */
export function toSvg(chart: Chart): string {
  const scale = scaleOf(figuresOf(chart));
  const drawing = new Drawing(scale);
  drawing.line(chart.title, sizes.title, heights.title, "strong");
  drawing.line(
    `${chart.subtitle}${scale.isLogarithmic ? "; the scale is logarithmic" : ""}`,
    sizes.text,
    heights.small,
  );
  for (const panel of chart.panels) drawing.panel(panel);
  drawing.gap();
  const perLine = Math.floor((width - 2 * margin) / widthOf("m", sizes.small));
  for (const note of chart.notes) {
    for (const text of wrap(note, perLine, 20)) drawing.line(text, sizes.small, heights.small, "faint");
  }
  return drawing.toString(chart.title);
}

function figuresOf({ panels }: Chart): number[] {
  const bars = panels.flatMap(({ groups }) => groups).flatMap(({ bars }) => bars);
  const figures = bars.flatMap(({ name, figure }) => {
    if (typeof figure === "string") return [];
    const all = [figure.median, figure.min, figure.max];
    if (all.every((value) => value > 0 && value < Infinity)) return all;
    throw new Error(`A figure of "${name}" cannot be drawn: ${all.join(", ")}. It must be above 0`);
  });
  if (figures.length === 0) throw new Error("There is no figure to draw");
  return figures;
}

/** Where figures stand. */
interface Scale {
  readonly isLogarithmic: boolean;
  readonly ticks: readonly number[];
  /** 0 at the start of the plot, 1 at its end. */
  place(value: number): number;
}

function scaleOf(figures: readonly number[]): Scale {
  const least = Math.min(...figures);
  const most = Math.max(...figures);
  return most / least > largestLinearRatio ? logarithmic(least, most) : linear(most);
}

function linear(most: number): Scale {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = power * ([1, 2, 5].find((factor) => most / (power * factor) <= 5) ?? 10);
  const count = Math.ceil(most / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return { isLogarithmic: false, ticks, place: (value) => value / (count * step) };
}

function logarithmic(least: number, most: number): Scale {
  // No bar shall be shorter than a factor of two.
  const first = Math.floor(Math.log10(least / 2));
  const count = Math.ceil(Math.log10(most)) - first;
  const ticks = Array.from({ length: count + 1 }, (_, index) => 10 ** (first + index));
  return { isLogarithmic: true, ticks, place: (value) => (Math.log10(value) - first) / count };
}

/** Grows downwards. */
class Drawing {
  readonly #scale: Scale;
  readonly #parts: string[] = [];
  #bottom = margin;

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  line(text: string, size: number, height: number, name = ""): void {
    this.#text(text, { x: margin, y: this.#bottom + height * 0.7, size, name });
    this.#bottom += height;
  }

  gap(): void {
    this.#bottom += heights.gap;
  }

  panel({ title, groups }: Panel): void {
    this.gap();
    this.line(title, sizes.panel, heights.title, "strong");
    const top = this.#bottom;
    // The lines of the grid are behind the bars, and how long they are is known when those are drawn.
    const behind = this.#parts.length;
    for (const group of groups) this.#group(group);
    this.#parts.splice(behind, 0, ...this.#scale.ticks.map((tick) => this.#gridLine(tick, top)));
    const y = this.#bottom + sizes.small;
    for (const tick of this.#scale.ticks) {
      this.#text(shown(tick), { x: this.#x(tick), y, size: sizes.small, name: "faint middle" });
    }
    this.#bottom += heights.small;
  }

  toString(title: string): string {
    const height = number(this.#bottom + margin);
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
      element("title", { id: "title" }, title),
      `<style>${style}</style>`,
      `<rect${attributes({ class: "paper", width: `${width}`, height, rx: "6" })}/>`,
      ...this.#parts,
      "</svg>\n",
    ].join("\n");
  }

  #group({ title, isApart, bars }: Group): void {
    if (title !== undefined) {
      this.#text(title, { x: plotStart + 6, y: this.#bottom + 13, size: sizes.small, name: "faint" });
      this.#bottom += heights.small;
    }
    for (const bar of bars) this.#bar(bar, isApart);
  }

  #bar({ name, isOurs, figure }: Bar, isApart: boolean): void {
    const middle = this.#bottom + heights.row / 2;
    const y = middle + sizes.text * 0.34;
    this.#text(name, { x: plotStart - 8, y, size: sizes.text, name: isOurs ? "end strong" : "end" });
    this.#bottom += heights.row;
    if (typeof figure === "string") {
      const [text = ""] = wrap(figure, Math.floor(columns.plot / widthOf("m", sizes.small)), 1);
      return this.#text(text, { x: plotStart + 6, y, size: sizes.small, name: "faint" });
    }
    const { median, min, max } = figure;
    const kind = `bar${isOurs ? " ours" : ""}${isApart ? " apart" : ""}`;
    const box = { x: number(plotStart), y: number(middle - heights.bar / 2), height: number(heights.bar) };
    this.#parts.push(`<rect${attributes({ class: kind, ...box, width: number(this.#x(median) - plotStart) })}/>`);
    this.#parts.push(stroke("range", this.#x(min), middle, this.#x(max), middle));
    this.#text(shown(median), { x: this.#x(max) + 6, y, size: sizes.text, name: isOurs ? "strong" : "" });
  }

  #gridLine(tick: number, top: number): string {
    return stroke("grid", this.#x(tick), top, this.#x(tick), this.#bottom);
  }

  #x(value: number): number {
    return plotStart + this.#scale.place(value) * columns.plot;
  }

  #text(text: string, { x, y, size, name }: { x: number; y: number; size: number; name: string }): void {
    const where = { x: number(x), y: number(y), "font-size": number(size) };
    this.#parts.push(element("text", { ...(name !== "" && { class: name }), ...where }, text));
  }
}

function stroke(name: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line${attributes({ class: name, x1: number(x1), y1: number(y1), x2: number(x2), y2: number(y2) })}/>`;
}

/** With three digits that count. */
function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 12 });
}
