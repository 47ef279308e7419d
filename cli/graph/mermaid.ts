/** The graph in the language of Mermaid, which GitHub and many editors draw. */
import type { Graph, GraphNode, NodeKind } from "./model.ts";
import { type Line, pictureOf } from "./picture.ts";

const shapes: Readonly<Record<NodeKind, readonly [string, string]>> = {
  start: ["([", "])"],
  step: ["[", "]"],
  sleep: ["(", ")"],
  wait: ["(", ")"],
  call: ["[[", "]]"],
  await: ["[", "]"],
  branch: ["{", "}"],
  loop: ["{{", "}}"],
  fork: ["[/", "\\]"],
  join: ["[\\", "/]"],
  completed: ["([", "])"],
  failed: ["([", "])"],
};

const classes = [
  "classDef rollback fill:#fff1e0,stroke:#c2570c,color:#431407",
  "classDef failed fill:#fde2e2,stroke:#b91c1c,color:#450a0a",
  "classDef completed fill:#dcfce7,stroke:#15803d,color:#052e16",
  "classDef fatal stroke:#b91c1c,stroke-width:2px",
];

export function toMermaid(graph: Graph): string {
  const { nodes, lines, fatal } = pictureOf(graph);
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${index + 1}`]));
  const name = (id: string) => ids.get(id) as string;
  const undoing = lines.flatMap(({ undoes }, index) => (undoes ? [index] : []));
  return `${[
    "flowchart TD",
    ...nodes.map((node) => `  ${name(node.id)}${shaped(node)}`),
    ...lines.map((line) => `  ${name(line.from)} ${arrow(line)} ${name(line.to)}`),
    ...classes.map((text) => `  ${text}`),
    ...classLine(
      "rollback",
      nodes.filter(({ rollback }) => rollback).map(({ id }) => name(id)),
    ),
    ...classLine(
      "completed",
      nodes.filter(({ kind }) => kind === "completed").map(({ id }) => name(id)),
    ),
    ...classLine(
      "failed",
      nodes.filter(({ kind }) => kind === "failed").map(({ id }) => name(id)),
    ),
    ...classLine(
      "fatal",
      nodes.filter(({ id }) => fatal.has(id)).map(({ id }) => name(id)),
    ),
    ...(undoing.length > 0 ? [`  linkStyle ${undoing.join(",")} stroke:#c2570c,color:#c2570c`] : []),
  ].join("\n")}\n`;
}

function shaped({ kind, text }: GraphNode): string {
  const [open, close] = shapes[kind];
  const shown = kind === "sleep" ? `${text}<br/>(sleep)` : text;
  return `${open}"${escaped(kind === "join" ? " " : shown)}"${close}`;
}

function arrow({ kind, text }: Line): string {
  const label = text ?? (kind === "rollback" ? "fails" : undefined);
  const stroke = kind === "rollback" || kind === "either" ? "-.->" : "-->";
  return label === undefined ? stroke : `${stroke}|"${escaped(label)}"|`;
}

/** Entities, which Mermaid writes with `#`, for what would end a text or be taken for markup. */
function escaped(text: string): string {
  return text
    .split("<br/>")
    .map((part) => part.replace(/[#&"<>`|\\]/g, (character) => `#${character.codePointAt(0)};`))
    .join("<br/>");
}

function classLine(name: string, ids: readonly string[]): string[] {
  return ids.length > 0 ? [`  class ${ids.join(",")} ${name}`] : [];
}
