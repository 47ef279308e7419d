/** `backstitch graph`: the steps of durable functions and what is undone when which of them fails. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type tsTypes from "typescript";
import { transformSource } from "../../compiler/transform-source.ts";
import type { FunctionManifest, Manifest } from "../../runtime/manifest.ts";
import { graphOf } from "../graph/graph-of.ts";
import { toJson } from "../graph/json.ts";
import { toMermaid } from "../graph/mermaid.ts";
import { toSvg } from "../graph/svg.ts";

const formats = { mermaid: toMermaid, json: toJson, svg: toSvg } as const;

export interface GraphArguments {
  /** Manifests that a build wrote, folders that hold some at any depth, or source files. */
  readonly paths: readonly string[];
  readonly format: keyof typeof formats;
  /** Code id of the only function to draw. */
  readonly function?: string;
  /** Whether durable calls are replaced by what they run. */
  readonly expand: boolean;
}

export interface GraphSurroundings {
  readonly writeData: (text: string) => void;
  readonly writeMessage: (text: string) => void;
  /** Parses source files; asked for only when there are any. */
  readonly loadTypeScript: () => typeof tsTypes;
}

/**
 * Prints a graph.
 *
 * @returns the exit code: 0; 1 when a source file does not compile; 2 for an unknown format; 3 when a path or a function
 *   does not exist, or no function suspends
 */
export function printGraph(args: GraphArguments, surroundings: GraphSurroundings): 0 | 1 | 2 | 3 {
  const { paths, format, function: only, expand } = args;
  const fail = <Code extends 1 | 2 | 3>(code: Code, message: string): Code => {
    surroundings.writeMessage(`backstitch: ${message}\n`);
    return code;
  };
  if (!Object.hasOwn(formats, format)) {
    return fail(2, `There is no format ${format}. There are ${Object.keys(formats).join(", ")}.`);
  }
  const functions: FunctionManifest[] = [];
  for (const path of paths) {
    if (!existsSync(path)) return fail(3, `${path} does not exist.`);
    const files = manifestsIn(path);
    if (files.length === 0) {
      return fail(3, `${path} holds no manifest. Build the project with tspc, or name a source file.`);
    }
    for (const file of files) {
      const manifest = readManifest(file, surroundings.loadTypeScript);
      if (typeof manifest === "string") return fail(1, manifest);
      functions.push(...manifest.functions);
    }
  }
  if (only !== undefined && !functions.some(({ code }) => code === only)) {
    return fail(3, `There is no durable function ${only}. There are ${functions.map(({ code }) => code).join(", ")}.`);
  }
  const graph = graphOf({ functions }, { expand, ...(only !== undefined && { function: only }) });
  if (graph.nodes.length === 0) return fail(3, "No function of these suspends: there is nothing to draw.");
  surroundings.writeData(formats[format](graph));
  return 0;
}

const ending = ".backstitch.json";

/** The path itself, or the manifests in a folder, sorted. */
function manifestsIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(ending) && !/(^|[\\/])node_modules[\\/]/.test(name),
  );
  return found.sort().map((name) => join(path, name));
}

/** A manifest, or what is wrong with the file. */
function readManifest(path: string, loadTypeScript: () => typeof tsTypes): Pick<Manifest, "functions"> | string {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".json")) {
    const { manifest, diagnostics } = transformSource(loadTypeScript(), { fileName: path, text });
    const error = diagnostics.find(({ category }) => category === "error");
    return error ? `${path} does not compile: ${error.message}` : manifest;
  }
  try {
    const manifest = JSON.parse(text) as Partial<Manifest> | null;
    if (Array.isArray(manifest?.functions)) return manifest as Manifest;
  } catch {
    // Told like every other file that is no manifest.
  }
  return `${path} is no manifest of the compiler.`;
}
