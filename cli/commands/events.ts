/** `backstitch events`: what was sent, and what became of it. */
import type { Command } from "commander";
import { printEvent } from "../events/event.ts";
import { printEvents } from "../events/list.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { limitOf, timeOf } from "../runs/filters.ts";
import { type DatabaseOptions, withDatabase } from "../runs/open.ts";
import { json } from "../runs/values.ts";
import { addDatabase } from "./runs-look.ts";

interface ListOptions extends DatabaseOptions {
  readonly name?: string;
  readonly fate?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly before?: string;
  readonly json?: boolean;
}

interface ShowOptions extends DatabaseOptions {
  readonly json?: boolean;
}

export function addEvents(program: Command, host: Host): void {
  const events = program
    .command("events")
    .summary("look at the events of a database")
    .description("Lists the events of a database, and tells what became of them.")
    .helpCommand(false)
    .addHelpText(
      "after",
      `
When an event did nothing:
  $ backstitch events list -d shop.db --fate unfit       which did not fit the schema of who would have taken them, and why
  $ backstitch events list -d shop.db --fate unwanted    which nobody took
  $ backstitch events show <event> -d shop.db            its data, what is wrong with it, the runs that it started`,
    );
  addList(events, host);
  addShow(events, host);
}

function addList(events: Command, { terminal, end }: Host): void {
  addDatabase(events.command("list"))
    .summary("list events, newest first")
    .description("Lists events, newest first, with what became of them.")
    .option("--name <name>", "only events of this name")
    .option("--fate <fate>", "only `unfit` ones, which do not fit a schema, or `unwanted` ones, which nobody took")
    .option("--since <time>", "only those sent since then: 2h, 3d, 2030-01-02T03:04:05Z")
    .option("--until <time>", "only those sent before then")
    .option("-n, --limit <count>", "most events to list, up to 1,000", "50")
    .option("--before <event>", "go on behind this event, the last one of the list before")
    .option("--json", "print { events, next }; `next` is what to give to --before")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch events list -d shop.db --fate unfit --since 1d
  $ backstitch events list -d shop.db --name order/paid --json`,
    )
    .action(async (options: ListOptions) => {
      const { name, fate, before } = options;
      const now = Date.now();
      const filter = {
        ...{ name, before, fate: fate as "unfit" | undefined, limit: limitOf(options.limit) },
        receivedFrom: timeOf(options.since, "--since", now),
        receivedBefore: timeOf(options.until, "--until", now),
      };
      const found = await withDatabase(options, async (database) => (await database.events()).page(filter));
      terminal.data.write(options.json ? json(found) : printEvents(found.events));
      if (!options.json && found.events.length === 0) terminal.messages.write("No event is like that.\n");
      if (!options.json && found.next !== undefined) {
        terminal.messages.write(`There may be more: --before ${found.next}\n`);
      }
      end(exitCodes.ok);
    });
}

function addShow(events: Command, { terminal, end }: Host): void {
  addDatabase(events.command("show"))
    .summary("explain an event on one page")
    .description("Explains an event: its data, what became of it and why, and the runs that it started.")
    .argument("<event>", "its id")
    .option("--json", "print { event, runs }")
    .addHelpText("after", "\nExample:\n  $ backstitch events show 0192f3c4-8a50-7001-8b11-0a1b2c3d4e5f -d shop.db")
    .action(async (id: string, options: ShowOptions) => {
      const shown = await withDatabase(options, async (database) => {
        const event = await (await database.events()).get(id);
        return event && { event, runs: await (await database.all()).list({ eventId: id }) };
      });
      if (shown === undefined) {
        throw new Failure(
          `There is no event ${id}. \`backstitch events list\` shows those that there are.`,
          exitCodes.notFound,
        );
      }
      terminal.data.write(options.json ? json(shown) : printEvent(shown.event, shown.runs, terminal.data));
      end(exitCodes.ok);
    });
}
