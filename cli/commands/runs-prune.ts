/** `backstitch runs prune`. */
import type { Command } from "commander";
import type { Removed } from "../../runtime/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { type DatabaseOptions, withDatabase } from "../runs/open.ts";
import { json } from "../runs/values.ts";
import { addDatabase } from "./runs-look.ts";

interface Options extends DatabaseOptions {
  readonly age?: string;
  readonly count?: string;
  readonly stepAge?: string;
  readonly stepCount?: string;
  readonly json?: boolean;
}

export function addPrune(runs: Command, { terminal }: Host): void {
  addDatabase(runs.command("prune"))
    .summary("remove runs that ended long ago, and old steps of runs that go on")
    .description(
      "Removes ended runs, with their steps, and events that no run has: those that are older than --age, and all but the newest --count. With --step-age and --step-count, records of steps of runs that go on; such a run goes on as ever, and cannot be rerun or forked from a step any more. Runs and records stay that others take over. Workers may run meanwhile; `keep` in the options of the client has them do it all the time.",
    )
    .option("--age <time>", "keep runs that ended so long ago or later, such as 30d")
    .option("--count <n>", "keep so many, those that ended last")
    .option("--step-age <time>", "of runs that go on, keep attempts that ended so long ago or later")
    .option("--step-count <n>", "of each run that goes on, keep so many attempts, the last ones")
    .option("--json", "print { runs, events, steps }, how many were removed")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch runs prune -d shop.db --age 30d
  $ backstitch runs prune -d shop.db --age 30d --count 100000
  $ backstitch runs prune -d shop.db --step-count 10000`,
    )
    .action(async (options: Options) => {
      const { age, stepAge } = options;
      const count = counted("--count", options.count);
      const stepCount = counted("--step-count", options.stepCount);
      if ([age, count, stepAge, stepCount].every((limit) => limit === undefined)) {
        throw new Failure("Say what to keep, with --age, --count, --step-age or --step-count.", exitCodes.usage);
      }
      const kept = { age, count, steps: { age: stepAge, count: stepCount } };
      const removed = await withDatabase(options, async (database) => (await database.all()).prune(kept));
      if (options.json) terminal.data.write(json(removed));
      else terminal.messages.write(told(removed));
    });
}

function counted(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Failure(`${flag} is "${text}". Give a whole number.`, exitCodes.usage);
  return Number(text);
}

function told({ runs, events, steps }: Removed): string {
  const parts = [
    `${runs} ${runs === 1 ? "run" : "runs"}`,
    ...(events > 0 ? [`${events} ${events === 1 ? "event" : "events"} that no run has`] : []),
    ...(steps > 0 ? [`${steps} ${steps === 1 ? "record" : "records"} of steps of runs that go on`] : []),
  ];
  const last = parts.length > 1 ? ` and ${parts.pop()}` : "";
  return `${parts.join(", ")}${last} ${runs + events + steps === 1 ? "was" : "were"} removed.\n`;
}
