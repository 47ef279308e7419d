/** What the store keeps of an attempt of an op. */
import { encode } from "../codec/index.ts";
import type { StepRecord } from "../store.ts";
import type { EndedAttempt } from "./attempts.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { encodeThrown } from "./thrown.ts";

/** The record of an attempt of a callback; `final` says that a failure is the op's last. */
export function attemptRecord(op: Op, ended: EndedAttempt, final: boolean): StepRecord {
  const { startedAt, endedAt, outcome, text } = ended;
  const status = outcome.ok ? "completed" : final ? "failed" : "retrying";
  const result = outcome.ok ? { output: text } : { error: text };
  const { number, attempt, id, kind } = op;
  return { op: number, attempt, id, kind, status, startedAt, endedAt, ...result };
}

/** The record of an op that ran no code: a timer that went off, a wait that was met. */
export function waitRecord({ number, attempt, id, kind }: Op, outcome: Outcome, now: number): StepRecord {
  const record = { op: number, attempt, id, kind, startedAt: now, endedAt: now };
  if (!outcome.ok) return { ...record, status: "failed", error: encodeThrown(outcome.error) };
  if (outcome.value === undefined) return { ...record, status: "completed" };
  return { ...record, status: "completed", output: encode(outcome.value) };
}
