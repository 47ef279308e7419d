/** One run on a page: what became of it, where, since when, what was undone, and what to do next. */
import {
  BackstitchError,
  type HistoryStep,
  type PendingStep,
  type Run,
  type RunHistory,
  type RunState,
} from "../../runtime/index.ts";
import type { Output } from "../terminal.ts";
import { headline, length, line, section, stackLines, table, time } from "./values.ts";

/** Frames of a stack that the page shows; the history has all. */
const shownFrames = 3;

export interface ShownRun {
  readonly history: RunHistory;
  readonly state: RunState | undefined;
  readonly database: string;
  readonly now: number;
}

export function printRun({ history, state, database, now }: ShownRun, { colours }: Output): string {
  const { run, steps, pending } = history;
  const failed = lastFailure(run, steps);
  const sections = [
    `${colours.bold(`${run.functionId}  ${coloured(run, colours)}`)}  ${run.id}\n`,
    table(facts(run, state, failed, now)),
    section("Error", errorLines(run)),
    section("Undone, or cleaned up", undone(steps)),
    section(
      "Waits for",
      pending.map((step) => waiting(step, steps, now)),
    ),
    section(
      "Variables",
      (state?.frames ?? []).flatMap(({ code, slots }) =>
        slots.map((slot) => `${nameOf(slot)} = ${line(slot.value)}${code === run.functionId ? "" : `  (${code})`}`),
      ),
    ),
    section("Started runs", history.children.map(related)),
    section("Reruns and forks", history.derived.map(related)),
    section("Next", nextSteps(run, state?.unwinding ?? false, failed, `-d ${database}`)),
  ];
  return sections.filter((text) => text !== "").join("\n");
}

function coloured({ status }: Run, colours: Output["colours"]): string {
  const colour = {
    completed: colours.green,
    failed: colours.red,
    blocked: colours.red,
    cancelled: colours.yellow,
    running: colours.cyan,
    moving: colours.yellow,
    moved: colours.yellow,
  };
  return colour[status](status.toUpperCase());
}

function facts(run: Run, state: RunState | undefined, failed: HistoryStep | undefined, now: number): string[][] {
  const { status, createdAt, updatedAt, endedAt, label, event, parent, origin, stepsRemoved } = run;
  const ago = (moment: number) => `${time(moment)} (${length(now - moment)} ago)`;
  const since = endedAt ?? updatedAt;
  return [
    ["created", ago(createdAt)],
    ...(endedAt !== null || status === "blocked"
      ? [[status, `${ago(since)}, after ${length(since - createdAt)}`]]
      : [["last moved", ago(updatedAt)]]),
    ...(label === null ? [] : [["parked at", label]]),
    ...(state?.unwinding ? [["unwinds", "it is being cancelled, or its handler has ended"]] : []),
    ...(failed === undefined
      ? []
      : [["failed at", `${failed.kind} "${failed.id}" (op ${failed.op}, attempt ${failed.attempt + 1})`]]),
    ["event", `${event.name} ${event.id} ${line(event.data)}`],
    ...(status === "completed" ? [["output", line(run.output)]] : []),
    ...(parent === undefined ? [] : [["started by", `${parent.run} (op ${parent.op})`]]),
    ...(stepsRemoved === undefined ? [] : [["steps", `records up to op ${stepsRemoved} were removed`]]),
    ...(origin === undefined
      ? []
      : [["made of", `${origin.run} (${origin.op === undefined ? "all of it again" : `from op ${origin.op} on`})`]]),
  ];
}

/** What the run did not recover from. */
function lastFailure({ status, error }: Run, steps: readonly HistoryStep[]): HistoryStep | undefined {
  if (status !== "failed") return undefined;
  const failed = steps.filter((step) => step.status === "failed");
  const ofError = typeof error === "object" && error !== null && "stepId" in error ? error.stepId : undefined;
  return failed.findLast(({ id }) => id === ofError) ?? failed.at(-1);
}

function errorLines({ error, handling }: Run): string[] {
  if (error === undefined) return [];
  return [...linesOf(error), ...handling.flatMap((one) => linesOf(one, "while handling "))];
}

function linesOf(error: unknown, before = ""): string[] {
  // A fault of the runtime says what is wrong; its stack leads into the runtime.
  const frames = error instanceof BackstitchError ? [] : stackLines(error);
  const more =
    frames.length > shownFrames ? [`  … ${frames.length - shownFrames} more in \`backstitch runs history\``] : [];
  return [`${before}${headline(error)}`, ...frames.slice(0, shownFrames).map((frame) => `  ${frame}`), ...more];
}

function undone(steps: readonly HistoryStep[]): string[] {
  return steps
    .filter(({ rollback, status }) => rollback && status !== "retrying")
    .map((step) => {
      const how = step.status === "completed" ? "done" : `FAILED: ${headline(step.error)}`;
      return `${step.id} (op ${step.op})  ${how}`;
    });
}

function waiting(
  { op, id, kind, attempt, input, startedAt, dueAt }: PendingStep,
  steps: readonly HistoryStep[],
  now: number,
): string {
  const of = Array.isArray(input) && kind !== "step" ? `, ${input.map((each) => line(each)).join(", ")}` : "";
  const since = startedAt === undefined ? "" : `, since ${time(startedAt)}`;
  const last = steps.findLast((step) => step.op === op);
  const tried = last === undefined ? "" : `; attempt ${last.attempt + 1} failed: ${headline(last.error)}`;
  return `${kind} "${id}" (op ${op})${of}${since}${timer(kind, attempt, dueAt, now)}${tried}`;
}

function timer(kind: string, attempt: number, dueAt: number | null, now: number): string {
  if (kind !== "step")
    return dueAt === null
      ? ", without end"
      : `, until ${time(dueAt)}${dueAt > now ? ` (in ${length(dueAt - now)})` : ""}`;
  if (dueAt === null || dueAt <= now) return `, attempt ${attempt + 1} is due or runs`;
  return `, attempt ${attempt + 1} at ${time(dueAt)} (in ${length(dueAt - now)})`;
}

function related({ id, functionId, status, parent, origin }: Run): string {
  const op = parent?.op ?? origin?.op;
  return `${id}  ${functionId}  ${status}${op === undefined ? "" : `  (op ${op})`}`;
}

function nameOf({ scope, name }: { readonly scope: string; readonly name: string }): string {
  return scope === "" ? name : `${scope}:${name}`;
}

/** The commands that help, for each status. */
function nextSteps(
  { id, status }: Run,
  unwinding: boolean,
  failed: HistoryStep | undefined,
  database: string,
): string[] {
  const command = (name: string, more: string, why: string): string[] => [
    `backstitch runs ${name} ${id} ${database}${more}`,
    `# ${why}`,
  ];
  const history = command("history", "", "every attempt, with inputs, outputs and stacks");
  const whole = command("rerun", "", "run all of it again, in a new run");
  const commands = {
    failed: [
      history,
      ...(failed === undefined ? [] : [command("rerun", ` --op ${failed.op}`, "run again from the step that failed")]),
      whole,
    ],
    blocked: [history, command("resume", "", "go on, once the reason is gone"), command("cancel", "", "give it up")],
    running: [
      history,
      command("fork", " --slot <name>=<json>", "go on in a new run with a variable changed"),
      unwinding
        ? command("cancel", " --stop", "end it where it is")
        : command("cancel", "", "undo what it did, and end it"),
    ],
    completed: [history, whole],
    cancelled: [history, whole],
    moving: [history],
    moved: [history],
  };
  return table(commands[status]).trimEnd().split("\n");
}
