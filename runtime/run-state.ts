/** What a run that has not ended would go on from, read without its code. */
import { encode } from "./codec/index.ts";
import type { OpImage, RunImage } from "./engine/image.ts";
import { idIn } from "./engine/registry.ts";
import type { ScopeRecord } from "./engine/scopes.ts";
import { readStoredRun, writeStoredRun } from "./engine/stored-run.ts";
import { BackstitchError } from "./faults.ts";
import type { ParkedState } from "./store.ts";

/** Where a run is parked. */
export interface RunState {
  readonly label: string | null;
  /** The calls that wait, the handler's first. */
  readonly frames: readonly ParkedFrame[];
  /** Steps, sleeps and waits under way. */
  readonly pending: readonly PendingStep[];
  /** Number of the newest op. */
  readonly lastOp: number;
  /** It is being cancelled, or its handler has ended and what is left cleans up: another cancellation changes nothing. */
  readonly unwinding: boolean;
  /** Why the stored frame cannot be read; undefined when it can. */
  readonly problem: string | undefined;
}

export interface ParkedFrame {
  /** The durable function. */
  readonly code: string;
  readonly label: string;
  readonly slots: readonly ParkedSlot[];
}

/** A variable. Functions and handles of the run are shown by stand-ins: only its code can make them. */
export interface ParkedSlot {
  /** Path of the scope that declares it; empty for the function's own. */
  readonly scope: string;
  readonly name: string;
  readonly value: unknown;
}

/** A step, sleep or wait that has not ended. Times are milliseconds since the epoch. */
export interface PendingStep {
  readonly op: number;
  readonly id: string;
  readonly kind: string;
  /** Attempt that runs or comes next, from 0. */
  readonly attempt: number;
  readonly input: unknown;
  /** When the code came to a sleep or a wait; undefined for a step. */
  readonly startedAt: number | undefined;
  /** When the next attempt may begin, or the sleep or wait is over at the latest; null when it never is. */
  readonly dueAt: number | null;
}

/** A variable to set. `scope` and `code` tell it from others of its name. */
export interface SlotEdit {
  readonly name: string;
  readonly value: unknown;
  readonly scope?: string | undefined;
  readonly code?: string | undefined;
}

export function stateOf({ label, frame, mail }: Pick<ParkedState, "label" | "frame" | "mail">): RunState {
  const isTold = mail.some(({ kind }) => kind === "cancel");
  const nothing = { label, frames: [], pending: [], lastOp: 0, unwinding: isTold, problem: undefined };
  if (frame === null) return nothing;
  try {
    const image = readStoredRun(frame);
    const frames = (image.frames ?? []).map(({ code, at, scopes = {} }) => ({
      code: idIn(code),
      label: at ?? "",
      slots: Object.entries(scopes).flatMap(([scope, record]) => slotsOf(scope, record)),
    }));
    const unwinding = isTold || image.cancelling !== undefined || image.end !== undefined;
    return { ...nothing, frames, pending: pendingIn(image), lastOp: image.lastOp, unwinding };
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) };
  }
}

function slotsOf(scope: string, record: ScopeRecord): ParkedSlot[] {
  return Object.entries(record).map(([name, value]) => ({ scope, name, value }));
}

function pendingIn({ ops = [] }: RunImage): PendingStep[] {
  return ops.filter(({ outcome }) => outcome === undefined).map(toPending);
}

function toPending({ number, id, kind, attempt = 0, dueAt = 0, madeAt, input }: OpImage): PendingStep {
  const due = dueAt === Number.POSITIVE_INFINITY ? null : dueAt;
  return { op: number, id, kind, attempt, input, startedAt: madeAt, dueAt: due };
}

/**
 * The frame of a run with some of its variables set.
 *
 * @throws BackstitchError BS2052 when there is no such variable or several, BS2053 when a value cannot be stored
 */
export function withSlots(frame: string, edits: readonly SlotEdit[], run: string): string {
  const image = readStoredRun(frame);
  for (const edit of edits) slotRecord(image, edit, run)[edit.name] = storable(edit);
  return writeStoredRun(image);
}

/** The frame as that of another run: a handler reads its run's id in its context. */
export function asRun(frame: string, run: string): string {
  const image = readStoredRun(frame);
  const context = image.frames?.find(({ number }) => number === image.root)?.args[0];
  if (typeof context !== "object" || context === null || !("runId" in context)) return frame;
  context.runId = run;
  return writeStoredRun(image);
}

function slotRecord({ frames = [] }: RunImage, { name, scope, code }: SlotEdit, run: string): ScopeRecord {
  const found = new Map<ScopeRecord, string>();
  const known: string[] = [];
  for (const frame of frames) {
    for (const [path, record] of Object.entries(frame.scopes ?? {})) {
      for (const slot of Object.keys(record)) known.push(spelled(path, slot));
      const meant = (code ?? idIn(frame.code)) === idIn(frame.code) && (scope ?? path) === path;
      if (meant && Object.hasOwn(record, name)) found.set(record, `${spelled(path, name)} of ${idIn(frame.code)}`);
    }
  }
  const [first, ...more] = found.keys();
  if (first !== undefined && more.length === 0) return first;
  const slot = JSON.stringify(scope === undefined ? name : spelled(scope, name));
  const what = first === undefined ? `has no slot ${slot}` : `has several slots ${slot}`;
  const list = first === undefined ? [...new Set(known)] : [...found.values()];
  throw new BackstitchError("BS2052", {
    where: `run ${run}${code === undefined ? "" : `, in ${JSON.stringify(code)},`} ${what}`,
    fix:
      list.length === 0 ? "No variable lives across the step where it is parked." : `Name one of ${list.join(", ")}.`,
  });
}

/** As `--slot` and `scope` name it. */
function spelled(scope: string, name: string): string {
  return scope === "" ? name : `${scope}:${name}`;
}

/** @throws BackstitchError BS2053 */
export function storable({ name, value }: SlotEdit): unknown {
  try {
    encode(value);
    return value;
  } catch (cause) {
    throw new BackstitchError("BS2053", {
      where: `the new value of slot "${name}": ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: "Give plain data, or values of classes that are registered.",
      cause,
    });
  }
}
