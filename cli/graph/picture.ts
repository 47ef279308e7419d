/** What the drawn formats show of a graph: fewer lines than it has edges, where two say the same. */
import type { Graph, GraphEdge, GraphNode } from "./model.ts";

/** `either` is taken when what is waited for succeeds, and when it fails. */
export type LineKind = "success" | "rollback" | "throw" | "either";

export interface Line {
  readonly from: string;
  readonly to: string;
  readonly kind: LineKind;
  readonly text: string | undefined;
  /** It leads into a rollback, or on in one. */
  readonly undoes: boolean;
}

export interface Picture {
  readonly nodes: readonly GraphNode[];
  readonly lines: readonly Line[];
  /** Nodes whose failure fails the run, where no line says so. */
  readonly fatal: ReadonlySet<string>;
}

/** In a flow of more nodes, lines from all over it to its failed end would hide the others. */
const smallFlow = 12;

export function pictureOf({ nodes, edges }: Graph): Picture {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isFailure = ({ kind, to }: GraphEdge) => kind === "rollback" && byId.get(to)?.kind === "failed";
  // A sleep does not fail by itself.
  const real = edges.filter(({ kind, from }) => kind !== "rollback" || byId.get(from)?.kind !== "sleep");
  const isLarge = nodes.length > smallFlow * nodes.filter(({ kind }) => kind === "start").length;
  const fatal = new Set(isLarge ? real.filter(isFailure).map(({ from }) => from) : []);
  const shown = real.filter((edge) => !(isFailure(edge) && fatal.has(edge.from)));
  const groups = new Map<string, GraphEdge[]>();
  for (const edge of shown) {
    const key = JSON.stringify([edge.from, edge.to]);
    groups.set(key, [...(groups.get(key) ?? []), edge]);
  }
  const lines = [...groups.values()].map((group) => lineOf(group, byId));
  const used = new Set(lines.flatMap(({ from, to }) => [from, to]));
  return { nodes: nodes.filter(({ id }) => used.has(id)), lines, fatal };
}

/** One line for all edges between two nodes. */
function lineOf(group: readonly GraphEdge[], byId: ReadonlyMap<string, GraphNode>): Line {
  const [{ from, to }] = group as [GraphEdge];
  const kinds = new Set(group.map(({ kind }) => kind));
  const kind: LineKind = kinds.size > 1 ? "either" : (group[0] as GraphEdge).kind;
  const texts = [...new Set(group.flatMap(({ text }) => text ?? []))];
  if (kind === "either") texts.push("even if it fails");
  const target = byId.get(to);
  return {
    from,
    to,
    kind,
    text: texts.length > 0 ? texts.join(", ") : undefined,
    undoes: kind === "rollback" || kind === "throw" || target?.rollback === true || target?.kind === "failed",
  };
}
