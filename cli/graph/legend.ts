/** What the signs of a picture mean: those that it uses. */
import type { Size } from "./layout.ts";
import type { NodeKind } from "./model.ts";
import type { Picture } from "./picture.ts";
import { fatalMark } from "./signs.ts";
import { widthOf } from "./text.ts";
import { element, number } from "./xml.ts";

export interface Legend extends Size {
  readonly lines: readonly string[];
}

interface Entry {
  /** Drawn at the middle of its left border. */
  readonly sign: (x: number, y: number) => string;
  readonly text: string;
}

const fontSize = 11.5;
const row = 22;
const signWidth = 44;

export function drawLegend(picture: Picture, top: number, width: number): Legend {
  const margin = 20;
  const lines = [`<g class="legend">`];
  let [x, y] = [margin, top + row / 2];
  let widest = 0;
  for (const { sign, text } of entriesOf(picture)) {
    const taken = signWidth + 8 + widthOf(text, fontSize) + 22;
    if (x + taken > width && x > margin) {
      x = margin;
      y += row;
    }
    const place = { x: number(x + signWidth + 8), y: number(y + fontSize * 0.34), "font-size": number(fontSize) };
    lines.push(sign(x, y) + element("text", place, text));
    x += taken;
    widest = Math.max(widest, x);
  }
  lines.push("</g>");
  return { width: widest, height: y - top + row / 2 + 14, lines };
}

function entriesOf({ nodes, lines, fatal }: Picture): Entry[] {
  const has = (...kinds: NodeKind[]) => nodes.some(({ kind }) => kinds.includes(kind));
  const entries: (Entry | false)[] = [
    has("step") && { sign: box("step", 7), text: "step" },
    has("sleep", "wait") && { sign: box("sleep", 9), text: "sleep or wait" },
    has("call") && { sign: box("call", 2), text: "durable call" },
    has("await") && { sign: box("await", 7), text: "ordinary await" },
    has("branch") && { sign: lozenge, text: "condition" },
    has("loop") && { sign: hexagon, text: "loop" },
    has("fork") && { sign: box("fork", 3), text: "at the same time" },
    nodes.some(({ rollback }) => rollback) && { sign: box("step rollback", 7), text: "only after a failure" },
    lines.some(({ kind, undoes }) => kind === "success" && !undoes) && { sign: arrow("line", "head"), text: "then" },
    lines.some(({ kind }) => kind === "rollback") && {
      sign: arrow("line rollback undoes", "head-undoes"),
      text: "if it fails",
    },
    lines.some(({ kind }) => kind === "either") && {
      sign: arrow("line either", "head-undoes"),
      text: "then, even if it fails",
    },
    lines.some(({ kind, undoes }) => undoes && kind !== "rollback" && kind !== "either") && {
      sign: arrow("line undoes", "head-undoes"),
      text: "the rollback goes on",
    },
    fatal.size > 0 && { sign: mark, text: "if it fails, the run fails, and nothing more is undone" },
  ];
  return entries.filter((entry) => entry !== false);
}

function box(classes: string, radius: number) {
  return (x: number, y: number) =>
    `<g class="node ${classes}"><rect x="${number(x + 8)}" y="${number(y - 8)}" width="34" height="16" rx="${radius}"/></g>`;
}

function lozenge(x: number, y: number): string {
  const points = `${number(x + 8)},${number(y)} ${number(x + 25)},${number(y - 8)} ${number(x + 42)},${number(y)} ${number(x + 25)},${number(y + 8)}`;
  return `<g class="node branch"><polygon points="${points}"/></g>`;
}

function hexagon(x: number, y: number): string {
  const at = (dx: number, dy: number) => `${number(x + dx)},${number(y + dy)}`;
  const points = [at(8, 0), at(15, -8), at(35, -8), at(42, 0), at(35, 8), at(15, 8)].join(" ");
  return `<g class="node loop"><polygon points="${points}"/></g>`;
}

function arrow(classes: string, head: string) {
  return (x: number, y: number) =>
    `<path class="${classes}" marker-end="url(#${head})" d="M${number(x)} ${number(y)}h42"/>`;
}

function mark(x: number, y: number): string {
  return fatalMark({ x: x + 30, y });
}
