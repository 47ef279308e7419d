/** `backstitch runs rerun`, `fork`, `cancel` and `resume`. */
import type { Command } from "commander";
import type { SlotEdit, StepReference } from "../../runtime/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { type Act, type ActOptions, act } from "../runs/act.ts";
import { addFilters } from "../runs/filters.ts";
import { addDatabase } from "./runs-look.ts";

interface StepOptions extends ActOptions {
  readonly op?: string;
  readonly index?: string;
}

interface RerunOptions extends StepOptions {
  readonly from?: string;
  readonly input?: string;
}

interface ForkOptions extends StepOptions {
  readonly at?: string;
  readonly slot?: string[];
}

interface CancelOptions extends ActOptions {
  readonly stop?: boolean;
}

export function addRerun(runs: Command, host: Host): void {
  const command = changing(runs, "rerun", "ids of the runs to run again")
    .summary("run a function again for the same event")
    .description(
      "Makes new runs, which workers take: for the same events, whole or from a step on. Steps made before that one get their recorded outcomes and are not executed again; the code between them is. The old runs stay as they are. Prints the ids of the new ones.",
    )
    .option("--from <step>", "the id of the step from which it is executed")
    .option("--index <n>", "which of the steps with this id, from 0")
    .option("--op <number>", "the step by its number, as `show` and `history` print it")
    .option("--input <json>", "the arguments of that step's callback, as a JSON array");
  finish(command, host, rerun, {
    json: "[{ id, run }] for named runs, else { matched, done, refused }",
    examples: [
      "$RUN -d shop.db",
      `$RUN -d shop.db --from charge --input '[{ "amount": 12 }]'`,
      "-d shop.db --function order --error timeout --since 1d --dry-run",
    ],
    note: "Filters mean failed runs, unless --status says otherwise.",
  });
}

export function addFork(runs: Command, host: Host): void {
  const command = changing(runs, "fork", "ids of the runs to part from")
    .summary("go on in a new run, with other variables")
    .description(
      "Makes new runs that go on from copies of the frames where the runs are parked, with variables set as --slot says. With --at, they go on from a step that has ended, as `rerun --from` does. The old runs stay as they are: cancel them if they are not to go on too. Prints the ids of the new ones.",
    )
    .option("--at <step>", "the id of a step that has ended")
    .option("--index <n>", "which of the steps with this id, from 0")
    .option("--op <number>", "the step by its number, as `show` and `history` print it")
    .option("--slot <name=json>", "a variable to set, as `show` names it; may be given again", collect, []);
  finish(command, host, fork, {
    json: "[{ id, run }] for named runs, else { matched, done, refused }",
    examples: [
      `$RUN -d shop.db --slot 'address="Elm Street 1"'`,
      "$RUN -d shop.db --at charge --slot part/body:weight=7",
      `-d shop.db --label ship --slot 'carrier="other"' --dry-run`,
    ],
    note: "Filters mean runs that have not ended, unless --status or --at says otherwise.",
  });
}

export function addCancel(runs: Command, host: Host): void {
  const command = changing(runs, "cancel", "ids of the runs to cancel")
    .summary("undo what runs did, and end them")
    .description(
      "Cancels runs. A run that has begun unwinds first: what stands in its `catch` and `finally` is executed by a worker. One that has not begun, or is blocked, ends at once.",
    )
    .option("--stop", "end them where they are, also while they unwind: none of their code runs any more");
  finish(command, host, cancel, {
    json: "[{ id, done }] for named runs, else { matched, done, refused }",
    examples: ["$RUN -d shop.db", "-d shop.db --function digest --until 2d --dry-run"],
    note: "Exits with 1 when a run that was named had ended, or unwinds already.",
  });
}

export function addResume(runs: Command, host: Host): void {
  const command = changing(runs, "resume", "ids of the runs that are to go on")
    .summary("let blocked runs go on")
    .description(
      "Lets blocked runs go on from where they are, once what blocked them has been put right. One that is let go on while its reason stands is blocked again; nothing is lost.",
    );
  finish(command, host, resume, {
    json: "[{ id, done }] for named runs, else { matched, done, refused }",
    examples: ["$RUN -d shop.db", "-d shop.db --error BS2103"],
    note: "Exits with 1 when a run that was named is not blocked.",
  });
}

const collect = (text: string, before: string[]): string[] => [...before, text];

const rerun = ({ from, input, ...step }: RerunOptions): Act => {
  const given = input === undefined ? undefined : (parsed(input, "--input") as unknown[]);
  const options = { from: reference(from, step, "--from"), input: given };
  return {
    done: "made",
    idle: "was left",
    one: (runs, id) => runs.rerun(id, options),
    all: (runs, filter, dryRun) => runs.rerunAll(filter, { ...options, dryRun }),
  };
};

const fork = ({ at, slot = [], ...step }: ForkOptions): Act => {
  const options = { at: reference(at, step, "--at"), slots: slot.map(slotOf) };
  return {
    done: "made",
    idle: "was left",
    one: (runs, id) => runs.fork(id, options),
    all: (runs, filter, dryRun) => runs.forkAll(filter, { ...options, dryRun }),
  };
};

const cancel = ({ stop }: CancelOptions): Act => {
  const mode = stop ? "stop" : "unwind";
  return {
    done: stop ? "stopped" : "told to end",
    idle: stop ? "had ended" : "had ended, or is unwinding already; --stop ends it where it is",
    one: (runs, id) => runs.cancel(id, { mode }),
    all: (runs, filter, dryRun) => runs.cancelAll(filter, { mode, dryRun }),
  };
};

const resume = (_: ActOptions): Act => ({
  done: "let go on",
  idle: "is not blocked",
  one: (runs, id) => runs.resume(id),
  all: (runs, filter, dryRun) => runs.resumeAll(filter, { dryRun }),
});

function changing(runs: Command, name: string, ids: string): Command {
  return addDatabase(runs.command(name)).argument("[runs...]", ids);
}

/** What the help of a command ends with. */
interface Help {
  readonly json: string;
  readonly examples: readonly string[];
  readonly note: string;
}

function finish<Options extends ActOptions>(
  command: Command,
  { terminal, end }: Host,
  what: (options: Options) => Act,
  { json, examples, note }: Help,
): void {
  const lines = examples.map((example) => {
    return `  $ backstitch runs ${command.name()} ${example.replace("$RUN", "0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e")}\n`;
  });
  addFilters(command)
    .option("--all", "all runs that this can be done to")
    .option("--dry-run", "count them, and do nothing")
    .option("--json", `print ${json}`)
    .addHelpText("after", `\nExamples:\n${lines.join("")}\n${note}`)
    .action(async (ids: string[], options: Options) => end(await act(ids, options, what(options), terminal)));
}

/** The step that options name. */
function reference(id: string | undefined, { op, index }: StepOptions, option: string): StepReference | undefined {
  if (op !== undefined && (id !== undefined || index !== undefined)) {
    throw new Failure(`Give --op, or ${option} with or without --index, not both.`, exitCodes.usage);
  }
  if (op !== undefined) return whole(op, "--op");
  if (index === undefined) return id;
  if (id === undefined)
    throw new Failure(`--index tells steps of one id apart: name it with ${option}.`, exitCodes.usage);
  return { id, index: whole(index, "--index") };
}

function whole(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Failure(`${option} is "${text}". Give a whole number.`, exitCodes.usage);
}

/** `scope:name=json` */
function slotOf(text: string): SlotEdit {
  const equals = text.indexOf("=");
  if (equals < 1) throw new Failure(`--slot is "${text}". Give name=json, such as total=12.`, exitCodes.usage);
  const path = text.slice(0, equals);
  const colon = path.lastIndexOf(":");
  const value = parsed(text.slice(equals + 1), `--slot ${path}`);
  return { name: path.slice(colon + 1), value, ...(colon >= 0 && { scope: path.slice(0, colon) }) };
}

function parsed(text: string, option: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Failure(
      `${option} is no JSON: ${text}. Text stands in double quotes, inside quotes of the shell.`,
      exitCodes.usage,
    );
  }
}
