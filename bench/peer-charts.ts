/** The pictures of `bench/peers/results.json`: one for each kind of workload. */
import { type Bar, type Chart, type Group, toSvg } from "./chart.ts";

/** What `bench/peers/run.mjs` writes, as far as pictures show it. */
export interface PeerReport {
  readonly machine: {
    readonly cpu: string;
    readonly memoryGiB: number;
    readonly system: string;
    readonly node: string;
    /** As `Date` writes it. */
    readonly date: string;
    readonly versions: Readonly<Record<string, string>>;
    readonly loadAtStart: number;
    readonly loadAtEnd: number;
  };
  readonly repetitions: number;
  readonly systems: readonly { readonly name: string; readonly syncsPerStep?: number }[];
  /** Milliseconds for one durable write. */
  readonly floors: Readonly<Record<"fdatasync" | "sqlite" | "postgres", { readonly median: number }>>;
  readonly tables: readonly PeerTable[];
}

export interface PeerTable {
  /** Tables with the same one are drawn into one picture. */
  readonly picture: string;
  readonly title: string;
  readonly unit: string;
  /** Whether a larger figure is the better one. */
  readonly more: boolean;
  readonly rows: readonly PeerRow[];
}

/** Has a median with its range, or says why it was left out. */
export interface PeerRow {
  readonly name: string;
  readonly waitsForDisk: boolean;
  readonly median?: number;
  readonly min?: number;
  readonly max?: number;
  readonly leftOut?: string;
}

const titles: Readonly<Record<string, string>> = {
  sequential: "Steps in a row",
  throughput: "Many runs at once",
  resume: "A worker is killed, a new one goes on",
  rollback: "Rollbacks",
};

/**
 * Draws a report.
 *
 * @throws Error when a table has no figure that is above 0
 * @returns names of files, and what is in them
 */
export function peerPictures(report: PeerReport): Map<string, string> {
  const names = [...new Set(report.tables.map(({ picture }) => picture))];
  return new Map(names.map((name) => [`bench-${name}.svg`, toSvg(chartOf(name, report))]));
}

function chartOf(picture: string, report: PeerReport): Chart {
  const tables = report.tables.filter((table) => table.picture === picture);
  const units = [...new Set(tables.map(({ unit }) => unit))].join(", ");
  const better = tables.every(({ more }) => more) ? "longer bars are better" : "shorter bars are better";
  return {
    title: titles[picture] ?? picture,
    subtitle: `${units}; ${better}`,
    panels: tables.map(({ title, rows }) => ({ title, groups: groupsOf(rows) })),
    notes: notesOf(report),
  };
}

function groupsOf(rows: readonly PeerRow[]): Group[] {
  const waiting = rows.filter(({ waitsForDisk }) => waitsForDisk);
  const apart = rows.filter(({ waitsForDisk }) => !waitsForDisk);
  const title = "these do not wait for the disk: a loss of power loses steps";
  return [
    { isApart: false, bars: waiting.map(barOf) },
    ...(apart.length > 0 ? [{ title, isApart: true, bars: apart.map(barOf) }] : []),
  ];
}

function barOf({ name, median, min, max, leftOut }: PeerRow): Bar {
  const isOurs = name.startsWith("Backstitch");
  const isMeasured = median !== undefined && min !== undefined && max !== undefined;
  return {
    name,
    isOurs,
    figure: isMeasured ? { median, min, max } : `not measured: ${leftOut ?? "no reason is known"}`,
  };
}

function notesOf({ machine, repetitions, floors, systems }: PeerReport): string[] {
  const { cpu, memoryGiB, system, node, date, versions, loadAtStart, loadAtEnd } = machine;
  const floor = (name: keyof typeof floors) => `${name} ${floors[name].median} ms`;
  const counted = systems.filter(({ syncsPerStep }) => syncsPerStep !== undefined);
  const syncs = counted.map(({ name, syncsPerStep }) => `${name}: ${syncsPerStep}`).join("; ");
  return [
    `Bars are medians of ${repetitions}, the lines in them go from the smallest to the largest. One run on one machine, the systems in turns.`,
    `One durable write takes: ${floor("fdatasync")}, ${floor("sqlite")}, ${floor("postgres")}.`,
    `Waits for the disk per step: ${syncs === "" ? "not counted" : syncs}.`,
    `${date.slice(0, 10)}, ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}; processes ready to run: ${loadAtStart} at the start, ${loadAtEnd} at the end.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  ];
}
