/** What a check of an upgrade says, and how it is printed. */
import type { Defaulted } from "../../runtime/stored-runs.ts";

/**
 * SAFE               the run goes on as the new code would from there
 * SAFE WITH DEFAULT  the same, and a variable that the frame lacks starts with the value that its declaration tells
 * NEEDS MIGRATION    the run is blocked until the function has a `migrate` that makes its frame fit
 * STRANDED           the run is blocked, and the new code has nothing that takes the place of where it stands
 */
export type Verdict = "SAFE" | "SAFE WITH DEFAULT" | "NEEDS MIGRATION" | "STRANDED";

const verdicts: readonly Verdict[] = ["SAFE", "SAFE WITH DEFAULT", "NEEDS MIGRATION", "STRANDED"];

export function worst(found: readonly Verdict[]): Verdict {
  return verdicts[Math.max(0, ...found.map((verdict) => verdicts.indexOf(verdict)))] as Verdict;
}

/** A variable that somebody has to look at. */
export interface SlotToDo {
  readonly scope: string;
  readonly name: string;
  readonly type?: string;
}

/** One label at which runs may be, or are, parked. */
export interface LabelReport {
  readonly code: string;
  readonly label: string;
  readonly verdict: Verdict;
  /** Why it is not simply safe. */
  readonly reasons: readonly string[];
  /** What else is different. */
  readonly changes: readonly string[];
  readonly defaults: readonly Defaulted[];
  /** Variables that `migrate` has to give. */
  readonly missing: readonly SlotToDo[];
  /** The label that seems to have taken its place. */
  readonly renamedTo?: string;
  /** Of a check against a database. */
  readonly runs?: ParkedRuns;
}

export interface ParkedRuns {
  readonly count: number;
  /** The first few. */
  readonly ids: readonly string[];
}

export interface UpgradeReport {
  readonly labels: readonly LabelReport[];
  /** Runs that have not begun: they begin with the new code. */
  readonly notBegun: number;
}

/** Nothing needs a hand. */
export function isClear({ labels }: UpgradeReport): boolean {
  return labels.every(({ verdict }) => verdict === "SAFE" || verdict === "SAFE WITH DEFAULT");
}

export function printReport(report: UpgradeReport): string {
  const lines: string[] = [];
  const width = Math.max(0, ...report.labels.map(({ label }) => label.length));
  let code: string | undefined;
  for (const row of report.labels) {
    if (row.code !== code) lines.push(...(code === undefined ? [] : [""]), row.code);
    code = row.code;
    lines.push(`  ${row.label.padEnd(width)}  ${row.verdict.padEnd(17)}${printRuns(row.runs)}`.trimEnd());
    for (const note of notesOf(row)) lines.push(`      ${note}`);
  }
  lines.push(...(lines.length > 0 ? [""] : []), summary(report));
  return `${lines.join("\n")}\n`;
}

function printRuns(runs: ParkedRuns | undefined): string {
  if (runs === undefined) return "";
  const more = runs.count > runs.ids.length ? ", …" : "";
  return `  ${runs.count} ${runs.count === 1 ? "run" : "runs"}${runs.count > 0 ? ` (${runs.ids.join(", ")}${more})` : ""}`;
}

function notesOf({ reasons, changes, defaults, renamedTo }: LabelReport): string[] {
  return [
    ...reasons,
    ...(renamedTo === undefined ? [] : [`"${renamedTo}" seems to take its place`]),
    ...defaults.map(
      ({ scope, name, value }) => `${place(scope, name)} starts as ${JSON.stringify(value[0]) ?? "undefined"}`,
    ),
    ...changes,
  ];
}

function place(scope: string, name: string): string {
  return scope === "" ? name : `${name} of ${scope}`;
}

function summary({ labels, notBegun }: UpgradeReport): string {
  const counts = verdicts.flatMap((verdict) => {
    const count = labels.filter((row) => row.verdict === verdict).length;
    return count > 0 ? [`${count} ${verdict}`] : [];
  });
  const begun = notBegun > 0 ? `; ${notBegun} runs have not begun` : "";
  return `${counts.length > 0 ? counts.join(", ") : "no label to check"}${begun}`;
}
