/** The graph of a manifest: one flow from a start to its ends for each durable function that no other one holds. */
import type { FunctionManifest, Manifest } from "../../runtime/manifest.ts";
import { FlowBuilder } from "./flow-builder.ts";
import type { Graph } from "./model.ts";

export interface GraphOptions {
  /** Code id of the function to draw. Default: all of them. */
  readonly function?: string;
  /** Whether durable calls are replaced by what they run, where the manifest holds it. Default true. */
  readonly expand?: boolean;
}

/**
 * Makes the graph of durable functions.
 *
 * @param manifest what the compiler wrote beside the code; the functions of several may be put together
 * @returns nodes and edges; none when there is no such function, or when nothing suspends
 * @example
 * const svg = toSvg(graphOf(JSON.parse(readFileSync("dist/checkout.js.backstitch.json", "utf8"))));
 */
export function graphOf(
  { functions }: Pick<Manifest, "functions">,
  { function: only, expand = true }: GraphOptions = {},
): Graph {
  const builder = new FlowBuilder(functions, expand);
  if (only !== undefined) {
    for (const fn of functions) if (fn.code === only) builder.root(fn);
    return builder.graph();
  }
  const drawn = functions.filter((fn) => Object.keys(fn.labels).length > 0);
  for (const fn of drawn) if (isHandler(fn)) builder.root(fn);
  // Helpers that no handler is seen to call, and closures that only somebody else calls.
  for (const fn of drawn) if (!isHandler(fn) && !builder.holds(fn)) builder.root(fn);
  return builder.graph();
}

/** Code ids of helpers begin with a package and `#`, those of nested functions with that of the function around. */
function isHandler({ code }: FunctionManifest): boolean {
  return !/[#/]/.test(code);
}
