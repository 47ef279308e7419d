/** One event on a page. */
import type { LoggedEvent, Run } from "../../runtime/index.ts";
import { headline, line, section, table, time } from "../runs/values.ts";
import type { Output } from "../terminal.ts";

const meanings: Readonly<Record<LoggedEvent["fate"], string>> = {
  queued: "no worker has seen it yet",
  taken: "runs, waits or limits took it",
  unwanted: "no function has a trigger for it, and no run waited for it",
  unfit: "it does not fit the schema of who would have taken it",
};

export function printEvent(event: LoggedEvent, runs: readonly Run[], { colours }: Output): string {
  const { id, name, ts, data, fate, problem } = event;
  const sections = [
    `${colours.bold(`${name}  ${fate.toUpperCase()}`)}  ${id}\n`,
    table([
      ["sent", time(ts)],
      ["fate", meanings[fate]],
    ]),
    section("What is wrong", problem === undefined ? [] : [headline(problem)]),
    section("Data", [line(data, true)]),
    section(
      "Runs",
      runs.map((run) => `${run.id}  ${run.functionId}  ${run.status}`),
    ),
  ];
  return sections.filter((text) => text !== "").join("\n");
}
