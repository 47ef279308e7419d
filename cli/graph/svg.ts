/** The graph as a picture of its own: no script, no font and no style sheet from elsewhere. */

import {
  cornersOf,
  labelFont,
  labelLine,
  layOut,
  nodeFont,
  nodeLine,
  noteFont,
  type PlacedLine,
  type PlacedNode,
  type Point,
} from "./layout.ts";
import { drawLegend } from "./legend.ts";
import type { Graph } from "./model.ts";
import { type Picture, pictureOf } from "./picture.ts";
import { fatalMark } from "./signs.ts";
import { arrowHeads, style } from "./style.ts";
import { attributes, element, number, textLines } from "./xml.ts";

export function toSvg(graph: Graph): string {
  const picture = pictureOf(graph);
  const { nodes, lines, width: drawn, height: drawnHeight } = layOut(picture);
  const legend = drawLegend(picture, drawnHeight, Math.max(drawn, 420));
  const width = Math.ceil(Math.max(drawn, legend.width));
  const height = Math.ceil(drawnHeight + legend.height);
  const shift = number((width - drawn) / 2);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    element("title", { id: "title" }, titleOf(picture)),
    element("desc", { id: "description" }, descriptionOf(picture)),
    `<style>${style}</style>`,
    arrowHeads,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<g transform="translate(${shift} 0)">`,
    ...lines.map(drawLine),
    ...nodes.map((node) => drawNode(node, picture)),
    ...lines.flatMap(drawLabel),
    "</g>",
    ...legend.lines,
    "</svg>",
  ].join("\n")}\n`;
}

function titleOf({ nodes }: Picture): string {
  const names = nodes.flatMap(({ kind, text }) => (kind === "start" ? [text] : []));
  return `Steps and rollbacks of ${names.join(", ")}`;
}

/** The rollbacks in words, for those who do not see the picture. */
function descriptionOf({ nodes, lines }: Picture): string {
  const texts = new Map(nodes.map(({ id, text }) => [id, text]));
  const rollbacks = lines.filter(({ kind }) => kind === "rollback");
  if (rollbacks.length === 0) return "No failure is caught.";
  return rollbacks.map(({ from, to }) => `When ${texts.get(from)} fails: ${texts.get(to)}.`).join(" ");
}

function drawNode(placed: PlacedNode, { fatal }: Picture): string {
  const { node, x, y, width, height, text, note } = placed;
  const classes = ["node", node.kind, ...(node.rollback ? ["rollback"] : [])].join(" ");
  const noteHeight = note === undefined ? 0 : 13;
  const first = y - (text.length * nodeLine + noteHeight) / 2;
  const inner = [
    element("title", {}, tooltip(placed, fatal.has(node.id))),
    shapeOf(placed),
    ...textLines(text, { x, top: first, line: nodeLine, size: nodeFont }),
    ...(note === undefined
      ? []
      : textLines([note], { x, top: first + text.length * nodeLine, line: 13, size: noteFont, class: "note" })),
    ...(fatal.has(node.id) ? [fatalMark({ x: x + width / 2, y: y - height / 2 })] : []),
  ];
  return `<g class="${classes}">${inner.join("")}</g>`;
}

function tooltip({ node }: PlacedNode, isFatal: boolean): string {
  const where = node.line === undefined ? "" : ` (${node.function}, line ${node.line})`;
  const consequence = isFatal ? " If it fails, the run fails." : "";
  return `${node.kind}: ${node.text}${where}.${consequence}`;
}

function shapeOf(placed: PlacedNode): string {
  const { node, x, y, width, height } = placed;
  const corners = cornersOf(placed);
  if (corners) {
    return `<polygon${attributes({ points: corners.map((point) => `${number(point.x)},${number(point.y)}`).join(" ") })}/>`;
  }
  const rect = (inset: number, radius: number) =>
    `<rect${attributes({
      x: number(x - width / 2 + inset),
      y: number(y - height / 2),
      width: number(width - 2 * inset),
      height: number(height),
      rx: number(radius),
    })}/>`;
  switch (node.kind) {
    case "start":
    case "completed":
    case "failed":
    case "sleep":
    case "wait":
      return rect(0, height / 2);
    case "fork":
    case "join":
      return rect(0, 3);
    case "call":
      return rect(0, 3) + rect(5, 0);
    default:
      return rect(0, 7);
  }
}

function drawLine({ line, points }: PlacedLine): string {
  const classes = ["line", line.kind, ...(line.undoes ? ["undoes"] : [])].join(" ");
  const head = line.undoes ? "head-undoes" : "head";
  return `<path class="${classes}" marker-end="url(#${head})" d="${rounded(points)}"/>`;
}

/** Straight lines with round corners. */
function rounded(points: readonly Point[]): string {
  const [start, ...rest] = points as [Point, ...Point[]];
  let path = `M${number(start.x)} ${number(start.y)}`;
  let before = start;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    if (!next) path += `L${number(point.x)} ${number(point.y)}`;
    else {
      const [into, out] = [towards(point, before), towards(point, next)];
      path += `L${number(into.x)} ${number(into.y)}Q${number(point.x)} ${number(point.y)} ${number(out.x)} ${number(out.y)}`;
    }
    before = point;
  }
  return path;
}

/** A point near `from`, on the way to another one. */
function towards(from: Point, to: Point): Point {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const share = distance === 0 ? 0 : Math.min(14, distance / 2) / distance;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function drawLabel({ line, label }: PlacedLine): string[] {
  if (!label) return [];
  const { x, y, width, height, text } = label;
  const box = { x: number(x - width / 2), y: number(y - height / 2), width: number(width), height: number(height) };
  return [
    `<g class="label${line.undoes ? " undoes" : ""}"><rect${attributes({ ...box, rx: "3" })}/>${textLines(text, {
      x,
      top: y - (text.length * labelLine) / 2,
      line: labelLine,
      size: labelFont,
    }).join("")}</g>`,
  ];
}
