/** `backstitch runs list`, `show` and `history`: nothing is changed. */
import type { Command } from "commander";
import { exitCodes } from "../failure.ts";
import type { Host } from "../host.ts";
import { databaseHelp, nameOf } from "../project/databases.ts";
import { addFilters, type FilterOptions, filterOf, limitOf } from "../runs/filters.ts";
import { printHistory } from "../runs/history.ts";
import { printRuns } from "../runs/list.ts";
import { type DatabaseOptions, withDatabase } from "../runs/open.ts";
import { printRun } from "../runs/show.ts";
import { json, time } from "../runs/values.ts";

interface ListOptions extends DatabaseOptions, FilterOptions {
  readonly limit: string;
  readonly before?: string;
  readonly json?: boolean;
}

interface ShowOptions extends DatabaseOptions {
  readonly json?: boolean;
  readonly full?: boolean;
}

/** The options that all commands on runs have. */
export function addDatabase(command: Command): Command {
  return command
    .requiredOption("-d, --database <file>", databaseHelp)
    .option("--app <id>", "only those of this app (the `id` of its client); needed when there are several");
}

export function addList(runs: Command, { terminal, end }: Host): void {
  const command = runs
    .command("list")
    .summary("list runs, newest first")
    .description("Lists runs, newest first, with where they are parked or what is wrong with them.");
  addFilters(addDatabase(command))
    .option("-n, --limit <count>", "most runs to list, up to 1,000", "50")
    .option("--before <run>", "go on behind this run, the last one of the list before")
    .option("--json", "print { runs, next }; `next` is what to give to --before")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch runs list -d shop.db --status failed,blocked --since 1d
  $ backstitch runs list -d shop.db --function order --label charge
  $ backstitch runs list -d shop.db --error "card declined" --json

Text of errors is looked for in the runs that the other filters leave: name a function or a time in a large database.`,
    )
    .action(async (options: ListOptions) => {
      const limit = limitOf(options.limit);
      const filter = { ...filterOf(options, Date.now()), limit, before: options.before };
      const { found, asOf } = await withDatabase(options, async (database) => ({
        found: await (await database.all()).list(filter),
        asOf: await database.asOf(),
      }));
      const next = found.length === limit ? found.at(-1)?.id : undefined;
      terminal.data.write(options.json ? json({ runs: found, next }) : printRuns(found));
      if (asOf !== undefined)
        terminal.messages.write(`An engine executes these runs. They are shown as of ${time(asOf)}.\n`);
      if (!options.json && found.length === 0) terminal.messages.write("No run is like that.\n");
      if (!options.json && next !== undefined) terminal.messages.write(`There may be more: --before ${next}\n`);
      end(exitCodes.ok);
    });
}

export function addShow(runs: Command, { terminal, end }: Host): void {
  addDatabase(runs.command("show"))
    .summary("explain a run on one page")
    .description(
      "Explains a run on one page: what became of it and since when, what failed, what was undone, for what it waits, its variables, and the commands that help.",
    )
    .argument("<run>", "its id")
    .option("--json", "print { run, steps, pending, children, derived, state }")
    .addHelpText("after", "\nExample:\n  $ backstitch runs show 0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e -d shop.db")
    .action(async (id: string, options: ShowOptions) => {
      const { history, state } = await withDatabase(options, async (database) => {
        const found = await database.around(id);
        return { history: await found.history(id), state: await found.state(id) };
      });
      const { data } = terminal;
      const database = nameOf(options.database);
      data.write(
        options.json ? json({ ...history, state }) : printRun({ history, state, database, now: Date.now() }, data),
      );
      end(exitCodes.ok);
    });
}

export function addHistory(runs: Command, { terminal, end }: Host): void {
  addDatabase(runs.command("history"))
    .summary("print every attempt of a run")
    .description(
      "Prints every attempt of a run's steps, sleeps and waits: inputs, outputs, and errors with their stacks.",
    )
    .argument("<run>", "its id")
    .option("--full", "print values whole, however long they are")
    .option("--json", "print an array of { op, id, kind, attempt, status, input, output, error, … }")
    .addHelpText(
      "after",
      "\nExample:\n  $ backstitch runs history 0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e -d shop.db --full",
    )
    .action(async (id: string, options: ShowOptions) => {
      const history = await withDatabase(options, async (database) => (await database.around(id)).history(id));
      terminal.data.write(options.json ? json(history.steps) : printHistory(history, options.full ?? false));
      if (!options.json && history.steps.length === 0) terminal.messages.write("Nothing of it has ended yet.\n");
      end(exitCodes.ok);
    });
}
