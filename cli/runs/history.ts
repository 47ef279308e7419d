/** Every attempt of a run, one below the other. */
import type { HistoryStep, RunHistory } from "../../runtime/index.ts";
import { headline, length, line, stackLines, time } from "./values.ts";

/** @param full shows values whole */
export function printHistory({ run, steps, pending, children }: RunHistory, full: boolean): string {
  const lines = steps.flatMap((step) => [
    `${heading(step)}${step.run === run.id ? "" : `  of run ${step.run}`}`,
    ...details(step, full).map((text) => `    ${text}`),
    ...children.filter(({ parent }) => parent?.op === step.op).map(({ id, status }) => `    run     ${id} ${status}`),
  ]);
  const open = pending.map(({ op, id, kind, attempt }) => `${op}  ${id}  ${kind}  attempt ${attempt + 1}  under way`);
  const end = [
    `run  ${run.status}  ${time(run.endedAt ?? run.updatedAt)}`,
    ...details(run, full).map((text) => `    ${text}`),
  ];
  return [...lines, ...open, ...end].map((text) => `${text}\n`).join("");
}

function heading({ op, id, kind, attempt, status, rollback, startedAt, endedAt }: HistoryStep): string {
  const taken = endedAt > startedAt ? ` (${length(endedAt - startedAt)})` : "";
  const tried = kind === "step" ? `  attempt ${attempt + 1}` : "";
  return `${op}  ${id}  ${kind}${tried}  ${status}${rollback ? "  in catch or finally" : ""}  ${time(startedAt)}${taken}`;
}

interface Detailed extends Pick<HistoryStep, "output" | "error"> {
  readonly input?: unknown;
  readonly handling?: readonly unknown[];
}

function details({ input, output, error, handling = [] }: Detailed, full: boolean): string[] {
  const shown = (front: string, thrown: unknown) => [
    `${front}${headline(thrown)}`,
    ...stackLines(thrown).map((frame) => `        ${frame}`),
  ];
  return [
    ...(Array.isArray(input) ? [`input   ${input.map((each) => line(each, full)).join(", ")}`] : []),
    ...(output !== undefined ? [`output  ${line(output, full)}`] : []),
    ...(error === undefined ? [] : shown("error   ", error)),
    ...handling.flatMap((one) => shown("        while handling ", one)),
  ];
}
