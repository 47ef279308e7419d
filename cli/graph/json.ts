/** The graph as data, for tools. */
import type { Graph } from "./model.ts";

export function toJson(graph: Graph): string {
  return `${JSON.stringify(graph, undefined, 2)}\n`;
}
