/** `backstitch check --against <manifest | database>`: what becomes of runs when this build is deployed. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CODE_FORMAT, type Manifest } from "../../runtime/manifest.ts";
import type { Store } from "../../runtime/stored-runs.ts";
import { compareBuilds } from "./compare.ts";
import { checkParked } from "./parked.ts";
import { isClear, type LabelReport, printReport, type UpgradeReport } from "./report.ts";
import { migrateStub } from "./stub.ts";

export interface CheckAgainstOptions {
  /** Of the build that is to be deployed. */
  readonly manifests: readonly Manifest[];
  /** Files: manifests of the build that is deployed now, and a SQLite database with its runs. Either or both. */
  readonly against: readonly string[];
  /** Whose runs of the database. Default: of all apps. */
  readonly app?: string | undefined;
  readonly json?: boolean | undefined;
  /** Where to write the source of a `migrate` to. */
  readonly write?: string | undefined;
  /** Makes the store of a database. */
  readonly open: (path: string) => Store;
}

/** What a command prints and how the process is to end. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Exit code 1 when a label needs a hand, 2 when a file cannot be read. */
export async function checkAgainst(options: CheckAgainstOptions): Promise<CommandResult> {
  const { json, write } = options;
  let report: UpgradeReport;
  try {
    report = await reportOf(options);
  } catch (error) {
    return { stdout: "", stderr: `${error instanceof Error ? error.message : String(error)}\n`, exitCode: 2 };
  }
  const stdout = json ? `${JSON.stringify(report, undefined, 2)}\n` : printReport(report);
  const clear = isClear(report);
  if (write === undefined || clear) return { stdout, stderr: "", exitCode: clear ? 0 : 1 };
  if (existsSync(write)) return { stdout, stderr: `${write} exists already and is left as it is\n`, exitCode: 2 };
  writeFileSync(write, migrateStub(report.labels));
  return { stdout, stderr: `wrote ${write}\n`, exitCode: 1 };
}

async function reportOf({ manifests, against, app, open }: CheckAgainstOptions): Promise<UpgradeReport> {
  const before: Manifest[] = [];
  const reports: UpgradeReport[] = [];
  for (const path of against) {
    if (!existsSync(path)) throw new Error(`${path} does not exist`);
    if (isDatabase(path)) reports.push(await withStore(open(path), (store) => checkParked(manifests, store, app)));
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

/** Every SQLite file begins so. */
function isDatabase(path: string): boolean {
  return readFileSync(path).subarray(0, 15).toString("latin1") === "SQLite format 3";
}

/** A file holds one manifest or a list of them. */
function readManifests(path: string): Manifest[] {
  const read: unknown = JSON.parse(readFileSync(path, "utf8"));
  const manifests = Array.isArray(read) ? (read as unknown[]) : [read];
  for (const manifest of manifests)
    if (!isManifest(manifest)) throw new Error(`${path} holds no manifest of this version`);
  return manifests as Manifest[];
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { format, functions } = value as Partial<Manifest>;
  return format === CODE_FORMAT && Array.isArray(functions) && functions.every((fn) => fn?.layout !== undefined);
}

async function withStore<Value>(store: Store, use: (store: Store) => Promise<Value>): Promise<Value> {
  await store.open();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
