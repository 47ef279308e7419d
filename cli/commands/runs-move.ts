/** `backstitch runs export` and `import`. */
import type { Command } from "commander";
import ms from "ms";
import type { Imported, Moved, MovedCounts } from "../../runtime/index.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { nameOf } from "../project/databases.ts";
import { importInto, withKeeper } from "../runs/import.ts";
import { type DatabaseOptions, withDatabase } from "../runs/open.ts";
import { json } from "../runs/values.ts";
import type { Terminal } from "../terminal.ts";
import { addDatabase } from "./runs-look.ts";

interface ExportOptions extends DatabaseOptions {
  readonly history?: boolean;
  readonly wait?: string;
  readonly confirm?: string;
  readonly undo?: string;
}

interface ImportOptions {
  readonly database: string;
  readonly drop?: string;
  readonly app?: string;
  readonly json?: boolean;
}

export function addExport(runs: Command, { terminal, end }: Host): void {
  addDatabase(runs.command("export"))
    .summary("write all runs of an app, so that they go on in another database")
    .description(
      "Writes everything that an app has in a database, as lines of JSON for `runs import`. From then on its runs are `moving`: no worker takes them there. Stop all workers before. The same is written again until the move is confirmed, so that it can be broken off at any moment.",
    )
    .option("--history", "runs that have ended as well")
    .option("--wait <time>", "wait so long until workers have let go of their runs, such as 2m", "0")
    .option("--confirm <move>", "write nothing: this move was imported, its runs have ended here as `moved`")
    .option("--undo <move>", "write nothing: nobody has imported this move, its runs go on here")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch runs export -d shop.db > shop.jsonl
  $ backstitch runs export -d shop.db --history --wait 2m | backstitch runs import -d postgres://u@db/shop
  $ backstitch runs export -d shop.db --confirm 0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e

Import what was written into one database only: its runs would go on in each.
Exits with 1 when workers still hold runs, and when whoever reads the lines is gone.`,
    )
    .action(async (options: ExportOptions) => end(await exportRuns(options, terminal)));
}

async function exportRuns(options: ExportOptions, terminal: Terminal): Promise<ExitCode> {
  const { history = false, confirm, undo } = options;
  const waitMs = lengthOf(options.wait ?? "0");
  if (confirm !== undefined && undo !== undefined) {
    throw new Failure("Give --confirm or --undo, not both.", exitCodes.usage);
  }
  return withDatabase(options, async (database) => {
    const moves = await database.moves();
    const where = nameOf(options.database);
    if (confirm !== undefined) {
      await moves.confirm(confirm);
      terminal.messages.write(`The runs of move ${confirm} have ended in ${where} as moved.\n`);
      return exitCodes.ok;
    }
    if (undo !== undefined) {
      await moves.undo(undo);
      terminal.messages.write(`The runs of move ${undo} go on in ${where}.\n`);
      return exitCodes.ok;
    }
    const moved = await written(moves.export({ history, waitMs }), terminal);
    terminal.messages.write(exported(moved, history, where));
    return exitCodes.ok;
  });
}

/** Characters that are written at once. */
const chunkLength = 65_536;

/** @throws Failure when whoever reads is gone */
async function written(lines: AsyncGenerator<string, Moved>, { data }: Terminal): Promise<Moved> {
  let chunk = "";
  const flush = async () => {
    const text = chunk;
    chunk = "";
    await data.taken(text).catch(() => {
      throw new Failure("Whoever read the lines is gone. Export again, which writes the same.");
    });
  };
  for (;;) {
    const next = await lines.next();
    if (next.done) {
      await flush();
      return next.value;
    }
    chunk += next.value;
    if (chunk.length >= chunkLength) await flush();
  }
}

function exported(moved: Moved, history: boolean, where: string): string {
  const left = [
    "slots of `concurrency`, for which steps ask anew",
    "leases of workers",
    ...(history ? [] : ["runs that have ended (--history takes them along)"]),
  ];
  return [
    `${counted(moved)} are written.`,
    `Left out: ${left.join("; ")}.`,
    `Until it is confirmed, no worker takes the runs of move ${moved.move} in ${where}. When they are imported:`,
    `  backstitch runs export -d ${where} --confirm ${moved.move}`,
    "",
  ].join("\n");
}

export function addImport(runs: Command, { terminal, end }: Host): void {
  runs
    .command("import")
    .summary("take in what `runs export` wrote")
    .description(
      "Takes in what `backstitch runs export` wrote, from a file or the standard input. The runs go on when all of it is there: until then no worker takes them. It can be broken off and done again; what is there already is left as it is.",
    )
    .argument("[file]", "what was written; default: the standard input")
    .requiredOption(
      "-d, --database <file>",
      "where the runs are to be: an SQLite file, which is made if there is none, a postgres:// address, or restate://host:port?admin=port",
    )
    .option("--drop <move>", "take in nothing: remove what an import of this move has left that was broken off")
    .option("--app <id>", "with --drop, whose move it is (the `id` of its client)")
    .option("--json", "print { move, again, runs, ended, events, queued, steps, states }")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch runs import shop.jsonl -d postgres://u@db/shop
  $ backstitch runs export -d shop.db | backstitch runs import -d restate://127.0.0.1:8080?admin=9070

Exits with 1 when the lines are damaged or not whole, and when a run is there already: then no run goes on.`,
    )
    .action(async (file: string | undefined, options: ImportOptions) => {
      if (options.drop !== undefined) return await dropFrom(options, options.drop, terminal);
      const imported = await importInto(options.database, file);
      if (options.json) terminal.data.write(json(imported));
      else terminal.messages.write(told(imported, nameOf(options.database)));
      end(exitCodes.ok);
    });
}

async function dropFrom({ database, app }: ImportOptions, move: string, { messages }: Terminal): Promise<void> {
  if (app === undefined) throw new Failure("Name the app whose move it is, with --app.", exitCodes.usage);
  await withKeeper(database, app, (client) => client.moves.drop(move));
  messages.write(`What had come with move ${move} is removed from ${nameOf(database)}.\n`);
}

function told({ again, move, ...counts }: Imported, where: string): string {
  if (again) return `Move ${move} has come to ${where} before. Nothing was changed.\n`;
  return [
    `${counted(counts)} have come to ${where}, and go on there. Confirm that where they come from:`,
    `  backstitch runs export -d <database> --confirm ${move}`,
    "",
  ].join("\n");
}

function counted({ runs, ended, events, queued, steps, states }: MovedCounts): string {
  const few = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
  return [
    `${few(runs, "run")} that ${runs === 1 ? "has" : "have"} not ended`,
    `${few(ended, "that has", "that have")}`,
    `${few(events, "event")} (${queued} still to be routed)`,
    `${few(steps, "attempt")} of steps`,
    `${few(states, "state")} of limits and schedules`,
  ].join(", ");
}

function lengthOf(text: string): number {
  const length = text.length <= 100 ? (ms(text as ms.StringValue) as number | undefined) : undefined;
  if (length !== undefined && Number.isInteger(length) && length >= 0) return length;
  throw new Failure(`--wait is "${text}". Give a length of time such as 2m.`, exitCodes.usage);
}
