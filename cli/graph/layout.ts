/** Where everything stands: sizes from text, places from dagre. */
import { Graph as LayoutGraph, layout } from "@dagrejs/dagre";
import type { GraphNode, NodeKind } from "./model.ts";
import type { Line, Picture } from "./picture.ts";
import { widthOf, wrap } from "./text.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `x` and `y` are the middle. */
export interface PlacedNode extends Point, Size {
  readonly node: GraphNode;
  readonly text: readonly string[];
  /** What kind of suspension it is, where its shape does not tell. */
  readonly note: string | undefined;
}

export interface PlacedLine {
  readonly line: Line;
  readonly points: readonly Point[];
  readonly label: (Point & Size & { readonly text: readonly string[] }) | undefined;
}

export interface Layout extends Size {
  readonly nodes: readonly PlacedNode[];
  readonly lines: readonly PlacedLine[];
}

export const nodeFont = 13;
export const labelFont = 11.5;
export const noteFont = 10;
export const nodeLine = 17;
export const labelLine = 15;
const noteLine = 13;
/** Between a line and the border of the picture. */
const room = 8;

const notes: Partial<Record<NodeKind, string>> = {
  sleep: "sleep",
  wait: "wait",
  call: "durable call",
  await: "await",
};

/** How hard a line pulls its ends together: what happens when nothing fails is to run straight down. */
const pull = { success: 12, either: 12, throw: 2, rollback: 1 } as const;

export function layOut({ nodes, lines }: Picture): Layout {
  if (nodes.length === 0) return { width: 0, height: 0, nodes: [], lines: [] };
  const graph = new LayoutGraph({ multigraph: false, compound: false });
  // Of dagre's ways to assign ranks, this one keeps what happens when nothing fails in one column.
  const options = { rankdir: "TB", ranker: "tight-tree", nodesep: 34, edgesep: 14, ranksep: 30 } as const;
  graph.setGraph({ ...options, marginx: 20, marginy: 20 });
  const described = nodes.map(describe);
  for (const { node, width, height } of described) graph.setNode(node.id, { width, height });
  const labels = lines.map(({ text }) => (text === undefined ? undefined : wrap(text, 22, 3)));
  for (const [index, { from, to, kind, undoes }] of lines.entries()) {
    const label = labels[index];
    const weight = undoes ? Math.min(pull[kind], pull.throw) : pull[kind];
    graph.setEdge(from, to, { weight, minlen: 1, labelpos: "c", ...(label && labelSize(label)) });
  }
  layout(graph);
  const placed = described.map((each) => ({ ...each, ...pointOf(graph.node(each.node.id)) }));
  const byId = new Map(placed.map((each) => [each.node.id, each]));
  const { width = 0, height = 0 } = graph.graph() as Partial<Size>;
  return withoutOverhang({
    width,
    height,
    nodes: placed,
    lines: lines.map((line, index) => {
      const edge = graph.edge(line.from, line.to) as { points: Point[] } & Point;
      const text = labels[index];
      if (line.from === line.to) return turn(line, byId.get(line.from) as PlacedNode, text);
      return {
        line,
        points: clipped(edge.points, byId.get(line.from) as PlacedNode, byId.get(line.to) as PlacedNode),
        label: text && { text, ...pointOf(edge), ...labelSize(text) },
      };
    }),
  });
}

/** A line from a shape to itself: beside it, where dagre has left room. */
function turn(line: Line, { x, y, width, height }: PlacedNode, text: readonly string[] | undefined): PlacedLine {
  const [near, far] = [x + width / 2, x + width / 2 + 20];
  const [top, bottom] = [y - height / 4, y + height / 4];
  const points = [
    { x: near, y: top },
    { x: far, y: top },
    { x: far, y: bottom },
    { x: near, y: bottom },
  ];
  const size = text && labelSize(text);
  return { line, points, label: text && size && { text, x: far + size.width / 2, y, ...size } };
}

/** dagre makes room for shapes and texts, not for lines. */
function withoutOverhang(layout: Layout): Layout {
  const xs = layout.lines.flatMap(({ points }) => points.map(({ x }) => x));
  const left = Math.max(0, room - Math.min(...xs));
  const right = Math.max(0, Math.max(...xs) + room - layout.width);
  const moved = <Placed extends Point>(placed: Placed): Placed => ({ ...placed, x: placed.x + left });
  return {
    width: layout.width + left + right,
    height: layout.height,
    nodes: layout.nodes.map(moved),
    lines: layout.lines.map(({ line, points, label }) => ({
      line,
      points: points.map(moved),
      label: label && moved(label),
    })),
  };
}

function pointOf({ x, y }: { x?: number; y?: number }): Point {
  return { x: x ?? 0, y: y ?? 0 };
}

function labelSize(text: readonly string[]): Size {
  return { width: widest(text, labelFont) + 10, height: text.length * labelLine + 6 };
}

function widest(lines: readonly string[], fontSize: number): number {
  return Math.max(...lines.map((line) => widthOf(line, fontSize)));
}

function describe(node: GraphNode): Omit<PlacedNode, "x" | "y"> {
  const text = node.kind === "join" ? [] : wrap(node.text, node.kind === "branch" ? 20 : 28);
  const note = notes[node.kind];
  const width = text.length > 0 ? Math.max(widest(text, nodeFont), widthOf(note ?? "", noteFont)) : 0;
  const height = text.length * nodeLine + (note === undefined ? 0 : noteLine);
  return { node, text, note, ...sizeOf(node.kind, { width, height }) };
}

/** The size of a shape around its text. */
function sizeOf(kind: NodeKind, { width, height }: Size): Size {
  switch (kind) {
    case "join":
      return { width: 84, height: 7 };
    case "branch":
      // A lozenge holds a rectangle when the two shares of its width and height come to one.
      return { width: width * 1.6 + 24, height: height * 2.2 + 20 };
    case "loop":
      return { width: width + 56, height: height + 20 };
    case "fork":
      return { width: Math.max(width + 28, 84), height: height + 12 };
    case "start":
    case "completed":
    case "failed":
      return { width: width + 40, height: height + 16 };
    default:
      return { width: width + 30, height: height + 18 };
  }
}

/** The corners of a shape that is no rectangle. */
export function cornersOf({ node, x, y, width, height }: PlacedNode): Point[] | undefined {
  const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
  if (node.kind === "branch") {
    return [
      { x, y: top },
      { x: right, y },
      { x, y: bottom },
      { x: left, y },
    ];
  }
  if (node.kind !== "loop") return undefined;
  const cut = 18;
  return [
    { x: left + cut, y: top },
    { x: right - cut, y: top },
    { x: right, y },
    { x: right - cut, y: bottom },
    { x: left + cut, y: bottom },
    { x: left, y },
  ];
}

/** dagre lets lines end at rectangles. */
function clipped(points: readonly Point[], from: PlacedNode, to: PlacedNode): Point[] {
  const inner = points.slice(1, -1);
  const [first = to] = inner;
  const last = inner[inner.length - 1] ?? from;
  return [
    border(from, first) ?? (points[0] as Point),
    ...inner,
    border(to, last) ?? (points[points.length - 1] as Point),
  ];
}

/** Where the line from the middle of a shape to a point outside crosses its border. */
function border(placed: PlacedNode, outside: Point): Point | undefined {
  const corners = cornersOf(placed);
  if (!corners) return undefined;
  const dx = outside.x - placed.x;
  const dy = outside.y - placed.y;
  for (const [index, a] of corners.entries()) {
    const b = corners[(index + 1) % corners.length] as Point;
    const [ex, ey] = [b.x - a.x, b.y - a.y];
    const determinant = dx * ey - dy * ex;
    if (determinant === 0) continue;
    const along = ((a.x - placed.x) * ey - (a.y - placed.y) * ex) / determinant;
    const across = ((a.x - placed.x) * dy - (a.y - placed.y) * dx) / determinant;
    if (along > 0 && across >= 0 && across <= 1) return { x: placed.x + dx * along, y: placed.y + dy * along };
  }
  return undefined;
}
