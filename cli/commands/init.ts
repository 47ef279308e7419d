/** `backstitch init`: adds the compiler to a project, after showing what it would change. */
import { writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import type { Command } from "commander";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Host } from "../host.ts";
import { unifiedDiff } from "../init/diff.ts";
import { type Change, planInit } from "../init/plan.ts";
import { packageManagerOf } from "../project/package-manager.ts";
import type { Terminal } from "../terminal.ts";

interface Options {
  readonly project?: string;
  readonly yes?: boolean;
}

export function addInit(program: Command, { terminal, end }: Host): void {
  program
    .command("init")
    .summary("add the compiler to a project")
    .description(
      "Adds what this project lacks: the dependencies, the plugin entry of tsconfig.json, and tspc in the scripts. Shows the changes as a diff and asks before it writes. Installs nothing itself. Running it again changes nothing.",
    )
    .option("-p, --project <path>", "the tsconfig.json (default: the one beside package.json)")
    .option("-y, --yes", "write without asking")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch init                 show the changes and ask
  $ backstitch init --yes           write them
  $ backstitch init | cat           only show them

With TypeScript 7 in the project it sets up tsc && backstitch emit instead of tspc.`,
    )
    .action(async (options: Options) => end(await init(options, terminal)));
}

async function init({ project, yes }: Options, terminal: Terminal): Promise<ExitCode> {
  const changes = planInit(process.cwd(), project);
  if (changes.length === 0) {
    terminal.messages.write(
      "Nothing to change: the compiler is set up. `backstitch doctor` looks for what else may be wrong.\n",
    );
    return exitCodes.ok;
  }
  terminal.data.write(changes.map((change) => shown(change, terminal)).join("\n"));
  const agreed = yes ? true : await terminal.confirm("Write these changes?");
  if (!agreed) {
    terminal.messages.write(
      `Nothing was written.${agreed === undefined ? " Run it with --yes to write these changes." : ""}\n`,
    );
    return exitCodes.ok;
  }
  for (const { path, after } of changes) writeFileSync(path, after);
  const [{ path }] = changes as [Change];
  terminal.messages.write(
    `Written. Next: \`${packageManagerOf(dirname(path)).install}\`, then \`npx backstitch doctor\`.\n`,
  );
  return exitCodes.ok;
}

function shown({ path, before, after }: Change, { data }: Terminal): string {
  const { bold, green, red, cyan } = data.colours;
  const diff = unifiedDiff(relative(process.cwd(), path).replaceAll("\\", "/"), before, after);
  return diff.replace(/^.+$/gm, (line) => {
    if (/^(?:---|\+\+\+) /.test(line)) return bold(line);
    if (line.startsWith("@@")) return cyan(line);
    return line.startsWith("+") ? green(line) : line.startsWith("-") ? red(line) : line;
  });
}
