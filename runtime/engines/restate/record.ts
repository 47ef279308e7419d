/**
 * All of a run that is kept in Restate, but for its older history: one value under one key, so that nobody sees a part of it.
 *
 * Its text has three lines: when it changed, in so many digits that lines sort by it, and what people see of the run, which
 * queries read alone; the rest; and the frame.
 */
import type { Serde } from "@restatedev/restate-sdk";
import type { ToldAttempt } from "../../engine/lone-attempt.ts";
import type { NewWait, Pool, ProjectedRun, RunView } from "../../store.ts";
import { type KeptRecord, type Run, view } from "../../stores/memory-runs.ts";
import { originalText, storedText } from "../../stores/text.ts";
import { timeText } from "./kept-event.ts";

/** Key of the record in the state of its object. */
export const recordKey = "run";

export interface RunRecord extends Run {
  /** Its end is told to the object that decides on the runs of its function. */
  inFlow: boolean;
  /** It begins when that object says so. */
  isHeld: boolean;
  /** Of the newest timer. */
  token: number;
  /** Counts its changes. */
  revision: number;
  /** When it last changed, for whoever looks for what has. */
  changedAt: number;
  /** Waits that were begun and not met. */
  waits: NewWait[];
  /** How many parts of its history were put away. */
  putAway: number;
  /** What is recorded of its steps since then. */
  recent: KeptRecord[];
  /** Ops that have asked for slots and not given them back. */
  slots: { readonly op: number; readonly pools: readonly Pool[]; readonly granted: boolean }[];
  /** Attempts that are made in invocations of their own. */
  tasks: { readonly op: number; readonly attempt: number }[];
  /** What came of those that are over and not recorded. */
  told: ToldAttempt[];
}

const restKeys = [
  "inFlow",
  "isHeld",
  "joined",
  "seq",
  "mail",
  "mailed",
  "token",
  "waits",
  "pieces",
  "putAway",
  "recent",
  "slots",
  "tasks",
  "told",
] as const;
type Rest = Pick<RunRecord, (typeof restKeys)[number]>;

export const recordSerde: Serde<RunRecord> = {
  contentType: "text/plain",
  serialize: (record) => {
    const rest = Object.fromEntries(restKeys.map((key) => [key, record[key]]));
    const frame = record.frame === null ? "" : storedText(record.frame);
    return Buffer.from(`${timeText(record.changedAt)}${shownText(record)}\n${JSON.stringify(rest)}\n${frame}`);
  },
  deserialize: (bytes) => recordOf(Buffer.from(bytes).toString()),
};

/** A run as it is shown, with the number of its last change. */
export function projectedOf(record: RunRecord): ProjectedRun {
  return { ...view(record), revision: record.revision };
}

const shownText = (record: RunRecord) => JSON.stringify(projectedOf(record));

/** From the first line of the text, which begins with when it changed. */
export function shownOf(line: string): ProjectedRun {
  return { revision: 0, ...(JSON.parse(line.slice(line.indexOf("{"))) as RunView) };
}

export function recordOf(text: string): RunRecord {
  const [first, second, ...frame] = text.split("\n");
  const { revision, ...shown } = shownOf(first as string);
  const rest = JSON.parse(second as string) as Rest;
  const written = frame.join("\n");
  return {
    ...{ ...shown, parent: shown.parent, origin: shown.origin },
    ...rest,
    ...{
      revision,
      changedAt: Number.parseInt(first as string, 10) || 0,
      epoch: 1,
      lease: undefined,
      lostClaims: 0,
      stepsRemoved: undefined,
    },
    frame: written === "" ? null : originalText(written),
    steps: new Map(),
  };
}
