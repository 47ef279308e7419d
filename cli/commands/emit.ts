/**
 * `backstitch emit`: the overlay for builds whose compiler takes no plugins. Such a compiler writes everything; then this
 * command writes the JavaScript and the maps of files with durable functions over it, byte for byte those of `tspc`.
 */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { Command } from "commander";
import type tsTypes from "typescript";
import { missingInternals, type PatchableProgram } from "../../transformer/hosts/internals.ts";
import { createShadow, emitCompiled } from "../../transformer/hosts/shadow.ts";
import { count, formatDiagnostics } from "../diagnostics.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { compileProject } from "../project/compile-project.ts";
import { type OpenProject, withProjects } from "../project/open-projects.ts";
import type { Terminal } from "../terminal.ts";

export function addEmit(program: Command, { terminal, end }: Host): void {
  program
    .command("emit")
    .summary("write the compiled handlers over the output of tsc")
    .description(
      "Writes the JavaScript and source maps of files with durable functions over what tsc wrote for them. For TypeScript 7, which takes no plugins, and for builds without ts-patch. Declarations, type errors and all other files stay tsc's matter. Beside the JavaScript comes the manifest, which `backstitch graph` and `backstitch check --against` read. Prints the files written.",
    )
    .option("-p, --project <path>", "a tsconfig.json or its folder (default: the nearest one)")
    .addHelpText(
      "after",
      `
Examples:
  $ tsc && backstitch emit
  $ tsc -p tsconfig.build.json && backstitch emit -p tsconfig.build.json

With TypeScript 7 it works with a TypeScript 6 beside it: npm install --save-dev @typescript/typescript6
Types are those of TypeScript 7 all the same.
Run it after every tsc: what tsc writes for these files throws when it is started.
A file with an error is left as tsc wrote it, and the command exits with 1.`,
    )
    .action(async (options: { readonly project?: string }) => end(await emit(options.project, terminal)));
}

async function emit(option: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const results = await withProjects(option, undefined, terminal, (projects) =>
    projects.map((project) => emitProject(project, terminal)),
  );
  const written = results.flatMap((result) => result.written);
  for (const { path } of written) terminal.data.write(`${shown(path)}\n`);
  const errors = results.reduce((total, result) => total + result.errors, 0);
  const added = written
    .filter(({ path, existed }) => !existed && !path.endsWith(".json"))
    .map(({ path }) => shown(path));
  const said = [
    ...(errors > 0 ? [`${count(errors, "error")}: the files with errors stay as tsc wrote them.`] : []),
    ...(written.length > 0 ? [`${count(written.length, "file")} written.`] : []),
    ...(added.length > 0
      ? [`${added.join(", ")} had not been there: run \`tsc\` first, which writes all others.`]
      : []),
    ...(errors === 0 && written.length === 0 ? ["Nothing to write: no file holds a durable function."] : []),
  ];
  terminal.messages.write(`${said.join("\n")}\n`);
  return errors > 0 ? exitCodes.failed : exitCodes.ok;
}

function shown(path: string): string {
  return relative(process.cwd(), path).replaceAll("\\", "/");
}

interface Emitted {
  readonly written: readonly { readonly path: string; readonly existed: boolean }[];
  readonly errors: number;
}

function emitProject(open: OpenProject, terminal: Terminal): Emitted {
  const { ts, program, host, project } = open;
  assertEmits(open);
  assertSupported(ts.version, program);
  const { compiled, errors, warnings } = compileProject(open);
  terminal.messages.write(formatDiagnostics(ts, [...errors, ...warnings], terminal.messages));
  const written: { path: string; existed: boolean }[] = [];
  if (errors.length > 0 && program.getCompilerOptions().noEmitOnError) return { written, errors: errors.length };

  const write: tsTypes.WriteFileCallback = (path, text, bom) => {
    written.push({ path, existed: existsSync(path) });
    host.writeFile(path, text, bom, (reason) => {
      throw new Failure(`${path} cannot be written: ${reason}`);
    });
  };
  let shadow: tsTypes.Program | undefined;
  for (const each of compiled) {
    if (each.edits === undefined) continue;
    shadow ??= createShadow({ ts, createProgram: ts.createProgram, program, host, project });
    emitCompiled({ shadow, project }, each, write);
  }
  return { written, errors: errors.length };
}

function assertEmits({ configPath, program }: OpenProject): void {
  const options = program.getCompilerOptions();
  const option = (["noEmit", "emitDeclarationOnly"] as const).find((name) => options[name]);
  if (option === undefined) return;
  throw new Failure(
    `${configPath} sets \`${option}\`, so there is no JavaScript to write over. Give the tsconfig.json of the build to --project.`,
  );
}

function assertSupported(version: string, program: tsTypes.Program): asserts program is PatchableProgram {
  const missing = missingInternals(program);
  if (missing.length > 0) {
    throw new Failure(
      `TypeScript ${version} lacks ${missing.join(", ")}. Install one from 5.8 up to, not including, 7.`,
    );
  }
}
