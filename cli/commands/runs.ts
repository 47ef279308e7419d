/** `backstitch runs`: what to do with runs of a database from outside of its workers. */
import type { Command } from "commander";
import type { Host } from "../host.ts";
import { addCancel, addFork, addRerun, addResume } from "./runs-change.ts";
import { addHistory, addList, addShow } from "./runs-look.ts";
import { addExport, addImport } from "./runs-move.ts";
import { addPrune } from "./runs-prune.ts";
import { addUnblock } from "./runs-unblock.ts";

export function addRuns(program: Command, host: Host): void {
  const runs = program
    .command("runs")
    .summary("look after runs in a database")
    .description(
      "Lists, explains, repeats, forks and ends the runs of a database. It needs none of the app's code, and workers may run meanwhile: they take at their next look what is to be done.",
    )
    .helpCommand(false)
    .addHelpText(
      "after",
      `
When something is wrong at night:
  $ backstitch runs list -d shop.db --status failed,blocked    which runs, and why
  $ backstitch runs show <run> -d shop.db                      where, since when, what was undone, what next
  $ backstitch runs history <run> -d shop.db                   every attempt, with inputs, outputs and stacks`,
    );
  const looking = [addList, addShow, addHistory];
  const changing = [addRerun, addFork, addCancel, addResume, addUnblock, addPrune, addExport, addImport];
  for (const add of [...looking, ...changing]) add(runs, host);
}
