/** `backstitch graph`: the steps of durable functions and what is undone when which of them fails. */
import { type Command, Option } from "commander";
import type { FunctionManifest } from "../../runtime/manifest.ts";
import { formatDiagnostics } from "../diagnostics.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import { graphOf } from "../graph/graph-of.ts";
import { toJson } from "../graph/json.ts";
import { toMermaid } from "../graph/mermaid.ts";
import { toSvg } from "../graph/svg.ts";
import type { Host } from "../host.ts";
import { compileProject } from "../project/compile-project.ts";
import { readManifests } from "../project/manifests.ts";
import { withProjects } from "../project/open-projects.ts";
import type { Terminal } from "../terminal.ts";

const formats = { mermaid: toMermaid, json: toJson, svg: toSvg } as const;

interface Options {
  readonly project?: string;
  readonly format: keyof typeof formats;
  readonly function?: string;
  readonly expand: boolean;
}

export function addGraph(program: Command, { terminal, end }: Host): void {
  program
    .command("graph")
    .summary("draw the steps of handlers, and what is undone when one fails")
    .description(
      "Prints a graph of durable functions: steps, branches, loops, what runs at the same time, and the rollback that each failure leads to. It is made from the source of a project, or from the manifests that a build wrote; nothing is run.",
    )
    .argument("[paths...]", "manifests, or folders that hold some at any depth (default: the source of the project)")
    .option("-p, --project <path>", "a tsconfig.json or its folder (default: the nearest one)")
    .addOption(
      new Option("-f, --format <format>", "what to print").choices(Object.keys(formats)).default("mermaid" as const),
    )
    .option("--function <id>", "draw only this one; `package#name` for a helper")
    .option("--no-expand", "draw a call of a durable helper as one box")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch graph --format svg > docs/orders.svg
  $ backstitch graph --function checkout
  $ backstitch graph dist --format json | jq '.nodes[].text'

Mermaid is what GitHub and many editors draw. docs/graph.md says what the signs mean.`,
    )
    .action(async (paths: string[], options: Options) => end(await graph(paths, options, terminal)));
}

async function graph(paths: readonly string[], options: Options, terminal: Terminal): Promise<ExitCode> {
  const { project, format, function: only, expand } = options;
  const functions =
    paths.length > 0 ? paths.flatMap((path) => readManifests(path)).flatMap((read) => read.functions) : undefined;
  const source = functions ? { functions, exitCode: exitCodes.ok } : await functionsOf(project, terminal);
  const known = source.functions.map(({ code }) => code);
  if (known.length === 0) throw new Failure("There is no durable function to draw.", exitCodes.notFound);
  if (only !== undefined && !known.includes(only)) {
    throw new Failure(`There is no durable function ${only}. There are ${known.join(", ")}.`, exitCodes.notFound);
  }
  const drawn = graphOf({ functions: source.functions }, { expand, ...(only !== undefined && { function: only }) });
  if (drawn.nodes.length === 0) {
    throw new Failure("No function of these suspends: there is nothing to draw.", exitCodes.notFound);
  }
  terminal.data.write(formats[format](drawn));
  return source.exitCode;
}

/** Files with errors have graphs too: what is refused is a place in them, not their shape. */
function functionsOf(
  option: string | undefined,
  terminal: Terminal,
): Promise<{ functions: FunctionManifest[]; exitCode: ExitCode }> {
  return withProjects(option, undefined, terminal, (projects) => {
    const functions: FunctionManifest[] = [];
    let exitCode: ExitCode = exitCodes.ok;
    for (const project of projects) {
      const { compiled, errors } = compileProject(project);
      terminal.messages.write(formatDiagnostics(project.ts, errors, terminal.messages));
      if (errors.length > 0) exitCode = exitCodes.failed;
      functions.push(...compiled.flatMap(({ manifest }) => manifest().functions));
    }
    return { functions, exitCode };
  });
}
