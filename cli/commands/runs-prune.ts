/** `backstitch runs prune`. */
import type { Command } from "commander";
import { exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { type DatabaseOptions, withDatabase } from "../runs/open.ts";
import { json } from "../runs/values.ts";
import { addDatabase } from "./runs-look.ts";

interface Options extends DatabaseOptions {
  readonly age?: string;
  readonly count?: string;
  readonly json?: boolean;
}

export function addPrune(runs: Command, { terminal }: Host): void {
  addDatabase(runs.command("prune"))
    .summary("remove runs that ended long ago")
    .description(
      "Removes ended runs, with their steps, and events that no other run has: those that are older than --age, and all but the newest --count. Runs stay whose records others take over. Workers may run meanwhile; `keep` in the options of the client has them do it all the time.",
    )
    .option("--age <time>", "keep runs that ended so long ago or later, such as 30d")
    .option("--count <n>", "keep so many, those that ended last")
    .option("--json", "print { removed }")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch runs prune -d shop.db --age 30d
  $ backstitch runs prune -d shop.db --age 30d --count 100000`,
    )
    .action(async (options: Options) => {
      const { age, count } = options;
      if (age === undefined && count === undefined) {
        throw new Failure("Say what to keep, with --age or --count.", exitCodes.usage);
      }
      if (count !== undefined && !/^\d{1,15}$/.test(count)) {
        throw new Failure(`--count is "${count}". Give a whole number.`, exitCodes.usage);
      }
      const kept = { age, count: count === undefined ? undefined : Number(count) };
      const removed = await withDatabase(options, async (database) => (await database.all()).prune(kept));
      if (options.json) terminal.data.write(json({ removed }));
      else terminal.messages.write(`${removed} ${removed === 1 ? "run was" : "runs were"} removed.\n`);
    });
}
