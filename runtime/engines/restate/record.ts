/**
 * All of a run that is kept in Restate, but for its older history: one value under one key, so that nobody sees a part of it.
 *
 * Its text has three lines: what people see of the run, which queries read alone; the rest; and the frame.
 */
import type { Serde } from "@restatedev/restate-sdk";
import type { ToldAttempt } from "../../engine/lone-attempt.ts";
import type { NewWait, Pool, RunView } from "../../store.ts";
import { type KeptRecord, type Run, view } from "../../stores/memory-runs.ts";
import { originalText, storedText } from "../../stores/text.ts";

/** Key of the record in the state of its object. */
export const recordKey = "run";

export interface RunRecord extends Run {
  /** Its end is told to the object that decides on the runs of its function. */
  inFlow: boolean;
  /** It begins when that object says so. */
  isHeld: boolean;
  /** Of the newest timer. */
  token: number;
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
    return Buffer.from(`${JSON.stringify(view(record))}\n${JSON.stringify(rest)}\n${frame}`);
  },
  deserialize: (bytes) => recordOf(Buffer.from(bytes).toString()),
};

export function recordOf(text: string): RunRecord {
  const [first, second, ...frame] = text.split("\n");
  const shown = JSON.parse(first as string) as RunView;
  const rest = JSON.parse(second as string) as Rest;
  const written = frame.join("\n");
  return {
    ...{ ...shown, parent: shown.parent, origin: shown.origin },
    ...rest,
    ...{ epoch: 1, lease: undefined, lostClaims: 0, stepsRemoved: undefined },
    frame: written === "" ? null : originalText(written),
    steps: new Map(),
  };
}
