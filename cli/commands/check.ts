/** `backstitch check`: what cannot be compiled, without a build, and what a deployment would do to running runs. */
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type tsTypes from "typescript";
import { count, formatAsJson, formatDiagnostics } from "../diagnostics.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { compileProject } from "../project/compile-project.ts";
import { manifestsOf } from "../project/manifests.ts";
import { type OpenProject, withProjects } from "../project/open-projects.ts";
import type { Terminal } from "../terminal.ts";
import { checkUpgrade, type UpgradeOptions } from "./check-upgrade.ts";

interface Options extends UpgradeOptions {
  readonly project?: string;
  readonly types?: boolean;
  readonly strict?: boolean;
}

export function addCheck(program: Command, { terminal, end }: Host): void {
  program
    .command("check")
    .summary("report what cannot be compiled, without building")
    .description(
      "Reports what the compiler refuses or warns of in durable functions, and writes no file. Type errors are left to tsc unless --types asks for them.",
    )
    .argument("[files...]", "report on these files only (they must belong to the project)")
    .option("-p, --project <path>", "a tsconfig.json or its folder (default: the nearest one)")
    .option("--json", "print an array of { code, category, message, file, start, end }")
    .option("--types", "report TypeScript's own errors as well")
    .option(
      "--strict",
      "values that are `any` or `unknown` are errors where they are stored (also: `strict` in tsconfig.json)",
    )
    .option(
      "--against <path>",
      "say what becomes of running runs when this code is deployed: a manifest or a folder of manifests of the build that runs now, a SQLite database, or a postgres:// address; may be repeated",
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .option("--app <id>", "with --against and a database: only runs of this app")
    .option("--write <file>", "with --against: write the beginning of a `migrate` for what does not fit")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch check
  $ backstitch check src/order.ts --types
  $ backstitch check -p packages/shop --json | jq '.[].message'
  $ backstitch check --against deployed/dist
  $ backstitch check --against deployed/dist --against shop.db --write src/migrate.ts

With TypeScript 7 it works with a TypeScript 6 beside it: npm install --save-dev @typescript/typescript6
Types are those of TypeScript 7 all the same.
Exits with 1 when there is an error or, with --against, when runs would be blocked; warnings alone exit
with 0. docs/upgrades.md says what the verdicts mean.`,
    )
    .action(async (files: string[], options: Options) => end(await check(files, options, terminal)));
}

async function check(files: readonly string[], options: Options, terminal: Terminal): Promise<ExitCode> {
  const wanted = files.map(existingFile);
  const isWanted = ({ fileName }: tsTypes.SourceFile) => wanted.length === 0 || wanted.includes(fileName);
  const overrides = options.strict ? { strict: true } : undefined;
  const { ts, diagnostics, durable, manifests } = await withProjects(
    options.project,
    overrides,
    terminal,
    (projects) => {
      assertKnown(projects, files, wanted);
      const results = projects.map((project) => checkProject(project, isWanted, options.types === true));
      return {
        ts: (projects as [OpenProject])[0].ts,
        diagnostics: results.flatMap((result) => result.diagnostics),
        durable: sum(results.map((result) => result.durable)),
        manifests: options.against ? manifestsOf(projects) : [],
      };
    },
  );
  const errors = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Error).length;
  const warnings = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Warning).length;
  const upgrades = options.against !== undefined && errors === 0;
  // What a program reads is one document: the upgrade's, unless it cannot be checked.
  const output = upgrades && options.json ? terminal.messages : terminal.data;
  output.write(options.json && !upgrades ? formatAsJson(ts, diagnostics) : formatDiagnostics(ts, diagnostics, output));
  if (!options.json) terminal.messages.write(summary(errors, warnings, durable));
  if (upgrades) return checkUpgrade(manifests, options, terminal);
  return errors > 0 ? exitCodes.failed : exitCodes.ok;
}

/** @throws Failure for a file, named as in `files`, that no project holds */
function assertKnown(projects: readonly OpenProject[], files: readonly string[], wanted: readonly string[]): void {
  const known = new Set(projects.flatMap(({ program }) => program.getSourceFiles().map(({ fileName }) => fileName)));
  const index = wanted.findIndex((file) => !known.has(file));
  if (index === -1) return;
  const configs = projects.map(({ configPath }) => configPath).join(", ");
  throw new Failure(`${files[index]} belongs to no project: add it to \`include\` of ${configs}.`, exitCodes.notFound);
}

/** The path as TypeScript writes it. */
function existingFile(file: string): string {
  if (!existsSync(file)) throw new Failure(`There is no ${file}.`, exitCodes.notFound);
  return realpathSync(resolve(file)).replaceAll("\\", "/");
}

function checkProject(
  open: OpenProject,
  isWanted: (file: tsTypes.SourceFile) => boolean,
  withTypes: boolean,
): { diagnostics: readonly tsTypes.Diagnostic[]; durable: number } {
  const { ts, program } = open;
  const { compiled, errors, warnings, hints } = compileProject(open, isWanted);
  const types = withTypes ? open.typeErrors(program.getSourceFiles().filter(isWanted)) : [];
  return {
    diagnostics: ts.sortAndDeduplicateDiagnostics([...errors, ...warnings, ...hints, ...types]),
    durable: compiled.length,
  };
}

function summary(errors: number, warnings: number, durable: number): string {
  const found = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ];
  const files = `${count(durable, "file")} with durable functions`;
  if (found.length > 0) return `${found.join(", ")}; ${files}.\n`;
  return durable === 0 ? "No file with a durable function was found.\n" : `No problems in ${files}.\n`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
