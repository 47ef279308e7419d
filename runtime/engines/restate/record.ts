/**
 * All of a run that is kept in Restate, but for its history: one value under one key, so that nobody sees a part of it.
 *
 * Its text has three lines: what people see of the run, which queries read alone; the rest; and the frame.
 */
import type { Serde } from "@restatedev/restate-sdk";
import type { NewWait, RunView } from "../../store.ts";
import { type Run, view } from "../../stores/memory-runs.ts";
import { originalText, storedText } from "../../stores/text.ts";

/** Key of the record in the state of its object. */
export const recordKey = "run";

export interface RunRecord extends Run {
  /** Of the newest timer. */
  token: number;
  /** Waits that were begun and not met. */
  waits: NewWait[];
  /** How many pieces of its history there are. */
  pieces: number;
}

type Rest = Pick<
  RunRecord,
  "joined" | "seq" | "lostClaims" | "mail" | "mailed" | "token" | "waits" | "pieces"
>;

export const recordSerde: Serde<RunRecord> = {
  contentType: "text/plain",
  serialize: (record) => {
    const { joined, seq, lostClaims, mail, mailed, token, waits, pieces } = record;
    const rest: Rest = { joined, seq, lostClaims, mail, mailed, token, waits, pieces };
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
    epoch: 1,
    lease: undefined,
    frame: written === "" ? null : originalText(written),
    steps: new Map(),
  };
}
