/** Many runs, one line each. */
import type { Run } from "../../runtime/index.ts";
import { headline, table, time } from "./values.ts";

/** Characters of an error that a line shows. */
const shownError = 80;

export function printRuns(runs: readonly Run[]): string {
  if (runs.length === 0) return "";
  return table([
    ["STATUS", "CREATED", "ID", "FUNCTION", "WHERE, OR WHAT IS WRONG"],
    ...runs.map((run) => [run.status, time(run.createdAt), run.id, run.functionId, about(run)]),
  ]);
}

function about({ label, error }: Run): string {
  const at = label === null ? [] : [`at "${label}"`];
  const text = error === undefined ? [] : [headline(error).replaceAll(/\s+/g, " ")];
  const [why = ""] = text;
  return [...at, ...(why === "" ? [] : [why.length > shownError ? `${why.slice(0, shownError - 1)}…` : why])].join(
    ": ",
  );
}
