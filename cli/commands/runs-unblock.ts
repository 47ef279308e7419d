/** `backstitch runs unblock`. */
import type { Command } from "commander";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { databaseHelp, storeOf, withStore } from "../project/databases.ts";
import type { Terminal } from "../terminal.ts";
import { printBlocked, unblockRuns } from "../upgrade/unblock.ts";

interface Options {
  readonly database: string;
  readonly app?: string;
  readonly reason?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function addUnblock(runs: Command, { terminal, end }: Host): void {
  runs
    .command("unblock")
    .summary("list blocked runs, and let them go on")
    .description(
      "Lists the blocked runs of a database with their reasons, and lets those go on that are named: by id, by the code of the reason, or all. A run that is let go on while its reason stands is blocked again; nothing is lost.",
    )
    .argument("[runs...]", "ids of the runs that are to go on")
    .requiredOption("-d, --database <file>", databaseHelp)
    .option("--app <id>", "only runs of this app (the `id` of its client)")
    .option("--reason <code>", "let all runs go on that are blocked for this, such as BS2103")
    .option("--all", "let all of them go on")
    .option("--json", "print an array of { id, functionId, label, reason, message, resumed }")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch runs unblock --database shop.db
  $ backstitch runs unblock --database shop.db --reason BS2103
  $ backstitch runs unblock --database shop.db 0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e

Exits with 1 when a run that was named is not blocked.`,
    )
    .action(async (ids: string[], options: Options) => end(await unblock(ids, options, terminal)));
}

async function unblock(ids: readonly string[], options: Options, { data, messages }: Terminal): Promise<ExitCode> {
  const { database, app, reason, all, json } = options;
  if (ids.length > 0 && (all || reason !== undefined)) {
    throw new Failure("Name runs, or give --reason or --all, not both.", exitCodes.usage);
  }
  const listed = await withStore(storeOf(database), (store) =>
    unblockRuns({ store, now: Date.now(), app, runs: ids, reason, all }),
  );
  const resumed = listed.filter((run) => run.resumed).length;
  data.write(json ? `${JSON.stringify(listed, null, 2)}\n` : printBlocked(listed));
  if (!json) messages.write(listed.length === 0 ? "No run is blocked.\n" : `${resumed} of ${listed.length} go on.\n`);
  const missed = ids.filter((id) => !listed.some((run) => run.id === id && run.resumed));
  for (const id of missed) messages.write(`Run ${id} is not blocked.\n`);
  return missed.length > 0 ? exitCodes.failed : exitCodes.ok;
}
