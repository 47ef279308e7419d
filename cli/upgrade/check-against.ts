/** What becomes of runs when a build is deployed: against manifests of the build before it, and against a database. */
import { readFileSync, statSync } from "node:fs";
import type { Manifest } from "../../runtime/manifest.ts";
import { isAddress, storeOf, withStore } from "../project/databases.ts";
import { readManifests, requirePath } from "../project/manifests.ts";
import { compareBuilds } from "./compare.ts";
import { checkParked } from "./parked.ts";
import type { LabelReport, UpgradeReport } from "./report.ts";

export interface CheckAgainstOptions {
  /** Of the build that is to be deployed. */
  readonly manifests: readonly Manifest[];
  /** Manifests of the build that is deployed now, folders of them, and databases with its runs. Any of these. */
  readonly against: readonly string[];
  /** Whose runs of the database. Default: of all apps. */
  readonly app?: string | undefined;
}

/** @throws Failure when a path leads to nothing, or to something else */
export async function checkAgainst({ manifests, against, app }: CheckAgainstOptions): Promise<UpgradeReport> {
  const before: Manifest[] = [];
  const reports: UpgradeReport[] = [];
  for (const path of against) {
    if (!isAddress(path)) requirePath(path);
    if (isDatabase(path)) reports.push(await withStore(storeOf(path), (store) => checkParked(manifests, store, app)));
    else before.push(...readManifests(path));
  }
  return joined(compareBuilds(before, manifests), reports);
}

/** Frames know better than manifests: where runs are parked, their verdict counts. */
function joined(compared: readonly LabelReport[], reports: readonly UpgradeReport[]): UpgradeReport {
  const found = reports.flatMap(({ labels }) => labels);
  const rows = compared.map((row) => {
    const parked = found.find(({ code, label }) => code === row.code && label === row.label);
    if (parked) return withRuns(row, parked);
    return reports.length > 0 ? { ...row, runs: { count: 0, ids: [] } } : row;
  });
  const others = found.filter(({ code, label }) => !compared.some((row) => row.code === code && row.label === label));
  return { labels: [...rows, ...others], notBegun: reports.reduce((sum, { notBegun }) => sum + notBegun, 0) };
}

function withRuns(row: LabelReport, parked: LabelReport): LabelReport {
  const isGone = row.verdict === "STRANDED" || row.renamedTo !== undefined;
  const hasTypes = row.reasons.some((reason) => reason.startsWith("the type of"));
  const base = isGone || hasTypes ? row : { ...row, ...parked, changes: row.changes };
  return parked.runs ? { ...base, runs: parked.runs } : base;
}

/** An address, or a file as every one of SQLite begins. */
function isDatabase(path: string): boolean {
  if (isAddress(path)) return true;
  if (statSync(path).isDirectory()) return false;
  return readFileSync(path).subarray(0, 15).toString("latin1") === "SQLite format 3";
}
