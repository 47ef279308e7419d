/** The commands together: options that all of them have, help, errors, exit codes. */
import { Command, CommanderError } from "commander";
import { version } from "../transformer/output/version.ts";
import { addCheck } from "./commands/check.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEmit } from "./commands/emit.ts";
import { addEvents } from "./commands/events.ts";
import { addGraph } from "./commands/graph.ts";
import { addInit } from "./commands/init.ts";
import { addRuns } from "./commands/runs.ts";
import { type ExitCode, exitCodes, Failure } from "./failure.ts";
import type { Host } from "./host.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/**
 * Runs the command line and never throws.
 *
 * @param args the words behind `backstitch`
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const terminal = openTerminal(args);
  let exitCode: ExitCode = exitCodes.ok;
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const debug = args.includes("--debug") || Boolean(process.env["BACKSTITCH_DEBUG"]);
    terminal.messages.write(describe(error, debug, terminal));
    return error instanceof Failure ? error.exitCode : exitCodes.failed;
  }
}

const examples = `
Examples:
  $ backstitch init                 add the compiler to this project; shows the changes and asks
  $ backstitch doctor               find out why handlers are not compiled
  $ backstitch check                report what cannot be compiled, without building
  $ backstitch check --against old  find out what becomes of running runs when this code is deployed
  $ backstitch graph                draw the steps, and what is undone when one fails
  $ backstitch runs list -d a.db    find runs; then show, rerun, fork, cancel or resume them
  $ backstitch events list -d a.db  find events, and what became of them
  $ tsc && backstitch emit          build with TypeScript 7, which takes no plugins

Exit codes:
  0  all is well
  1  something was found, or the command failed
  2  the command line is wrong
  3  a file, a project or a compiler was not found

Documentation: docs/cli.md in the package. Nothing is ever sent over the network.`;

function createProgram(terminal: Terminal, end: Host["end"]): Command {
  const bold = terminal.data.colours.bold;
  const program = new Command("backstitch")
    .description("Backstitch from the command line: set up, check, build, draw, deploy, and find out what is wrong.")
    .usage("<command> [options]")
    .version(version, "-V, --version", "print the version")
    .option("--no-color", "print without colours (so do NO_COLOR=1 and TERM=dumb)")
    .option("--debug", "print stack traces of failures (so does BACKSTITCH_DEBUG=1)")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", examples)
    .showHelpAfterError("Run `backstitch --help` for what there is.")
    .configureHelp({ styleTitle: (title) => bold(title), helpWidth: 100, showGlobalOptions: true })
    .configureOutput({
      writeOut: terminal.data.write,
      writeErr: terminal.messages.write,
      getOutHasColors: () => bold("") !== "",
      outputError: (text, write) => write(oneLine(text, terminal)),
    })
    .exitOverride();
  const host: Host = { terminal, end };
  for (const add of [addCheck, addEmit, addGraph, addInit, addDoctor, addRuns, addEvents]) add(program, host);
  return program;
}

/** `error: unknown command 'chek'\n(Did you mean check?)` in the form of all errors. */
function oneLine(text: string, terminal: Terminal): string {
  const [first = "", ...rest] = text.trim().split("\n");
  const message = first.replace(/^error: /, "");
  const sentences = [
    `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    ...rest.map((line) => line.replace(/^\(|\)$/g, "")),
  ];
  return `${prefix(terminal)} ${sentences.join(" ")}\n`;
}

function describe(error: unknown, debug: boolean, terminal: Terminal): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = error instanceof Failure || debug;
  const advice = known ? "" : " (This may be a bug of backstitch: `--debug` prints the stack.)";
  return `${prefix(terminal)} ${message}${advice}\n${debug && stack ? `${stack}\n` : ""}`;
}

function prefix({ messages }: Terminal): string {
  return messages.colours.red("backstitch:");
}
