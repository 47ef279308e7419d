/** The runs of a database against new code: exact, because their frames say what they hold. Nothing is written. */

import { type Manifest, own } from "../../runtime/manifest.ts";
import {
  type FrameImage,
  fitOf,
  hashIn,
  heldBy,
  idIn,
  type Misfit,
  noReferences,
  originOf,
  type ParkedRun,
  type RunImage,
  readStoredRun,
  type ScopeRecord,
  type Store,
  StoredClosure,
} from "../../runtime/stored-runs.ts";
import { Build, closureMisfit } from "./code.ts";
import { slotsOf } from "./compare.ts";
import type { LabelReport, UpgradeReport } from "./report.ts";
import { worst } from "./report.ts";

/** Runs that are read at once. */
const pageSize = 200;
const shownRuns = 5;

/** @param app whose runs; of all apps when it is left out */
export async function* parkedRuns(store: Store, app?: string): AsyncGenerator<ParkedRun> {
  let after: string | undefined;
  for (;;) {
    const page = await store.listParked({ limit: pageSize, ...(after !== undefined && { after }) });
    for (const run of page) if (app === undefined || run.app === app) yield run;
    after = page.at(-1)?.id;
    if (page.length < pageSize) return;
  }
}

/** What the new code makes of every frame that runs of the database have. */
export async function checkParked(after: readonly Manifest[], store: Store, app?: string): Promise<UpgradeReport> {
  const build = new Build(after);
  const rows = new Map<string, LabelReport[]>();
  const ids = new Map<string, Set<string>>();
  let notBegun = 0;
  for await (const run of parkedRuns(store, app)) {
    if (run.frame === null) notBegun++;
    for (const row of run.frame === null ? [] : framesOf(run, run.frame, build)) {
      const key = JSON.stringify([row.code, row.label]);
      rows.set(key, [...(rows.get(key) ?? []), row]);
      ids.set(key, (ids.get(key) ?? new Set()).add(run.id));
    }
  }
  const labels = [...rows].map(([key, found]) => merged(found, [...(ids.get(key) ?? [])]));
  return { labels: labels.sort((a, b) => compareText(a.code, b.code) || compareText(a.label, b.label)), notBegun };
}

/** One row per frame: a run that is parked in a helper is parked in each call that waits for it. */
function framesOf(run: ParkedRun, text: string, build: Build): LabelReport[] {
  const references = noReferences();
  let image: RunImage;
  try {
    image = readStoredRun(text, references);
  } catch (error) {
    return [row(run.functionId, run.label ?? "", "STRANDED", [`the frame cannot be read: ${messageOf(error)}`])];
  }
  const names = scopeNames(image);
  return [...(image.frames ?? []), ...references.generators.map(({ frame }) => frame)].flatMap(
    (frame): LabelReport[] => {
      if (frame.at === undefined) return [];
      const unit = frame.closure instanceof StoredClosure ? frame.closure.reference : frame.code;
      const closures = references.closures.filter(({ reference }) => reference === unit);
      const outer = references.outer.flatMap(([reference, name]) => (reference === unit ? [name] : []));
      return [frameRow(frame, image, { closures, outer }, names, build)];
    },
  );
}

function frameRow(
  frame: FrameImage,
  image: RunImage,
  { closures, outer }: { readonly closures: readonly StoredClosure[]; readonly outer: readonly string[] },
  names: ReadonlyMap<ScopeRecord, string>,
  build: Build,
): LabelReport {
  const code = idIn(frame.code);
  const label = frame.at ?? "";
  const reference = frame.closure instanceof StoredClosure ? frame.closure.reference : frame.code;
  const hash = hashIn(reference) ?? image.hash;
  const fn = build.find(code, hash);
  if (fn === undefined) {
    return row(code, label, "STRANDED", ["no function of the new code has this id, or several have it"]);
  }
  const unit = build.unitOf(fn);
  const { misfits, defaults } = fitOf(heldBy(frame, unit?.hash === hash), fn.layout);
  if (misfits.some(({ about }) => about === "label")) {
    return row(code, label, "STRANDED", [`the function has no label ${JSON.stringify(label)}`]);
  }
  const held = closures.flatMap(
    ({ id, scopes }) =>
      closureMisfit(
        id,
        scopes.map((scope) => names.get(scope)),
        own(unit?.closures, id),
      ) ?? [],
  );
  const gone = outer.find((name) => !unit?.outer?.includes(name));
  const all: Misfit[] = [...misfits, ...held, ...(gone === undefined ? [] : [outerMisfit(gone)])];
  const verdict = all.length > 0 ? "NEEDS MIGRATION" : defaults.length > 0 ? "SAFE WITH DEFAULT" : "SAFE";
  const reasons = all.map(({ text }) => text);
  return { ...row(code, label, verdict, reasons), defaults, missing: slotsOf(all, fn, label) };
}

function outerMisfit(name: string): Misfit {
  return { about: "closure", text: `it holds "${name}" of the module, to which the code does not refer any more` };
}

/** How the records of the run are called in `captures`. */
function scopeNames({ frames = [] }: RunImage): Map<ScopeRecord, string> {
  const names = new NamedScopes();
  for (const { closure, scopes } of frames) {
    const owner = closure instanceof StoredClosure ? `${closure.id}() ` : "";
    for (const [path, record] of Object.entries(scopes ?? {})) names.set(record, `${owner}${path}`);
  }
  return names;
}

/** Records of frames by their paths, others by what is stored with them. */
class NamedScopes extends Map<ScopeRecord, string> {
  override get(record: ScopeRecord): string | undefined {
    return super.get(record) ?? originOf(record)?.name ?? undefined;
  }
}

function row(code: string, label: string, verdict: LabelReport["verdict"], reasons: readonly string[]): LabelReport {
  return { code, label, verdict, reasons, changes: [], defaults: [], missing: [] };
}

/** Frames that are parked at one label need not hold the same: of the verdicts the worst counts. */
function merged(rows: readonly LabelReport[], ids: readonly string[]): LabelReport {
  const verdict = worst(rows.map((one) => one.verdict));
  const base = rows.find((one) => one.verdict === verdict) as LabelReport;
  const reasons = [...new Set(rows.flatMap((one) => one.reasons))];
  return { ...base, reasons, runs: { count: ids.length, ids: ids.slice(0, shownRuns) } };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
