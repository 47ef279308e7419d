/** What the store keeps of an attempt of an op. */
import type { StepRecord } from "../store.ts";
import type { EndedAttempt } from "./attempts.ts";
import type { Op } from "./ops.ts";

/** The record of an attempt of a callback; `final` says that a failure is the op's last. */
export function attemptRecord(op: Op, ended: EndedAttempt, final: boolean): StepRecord {
  const { startedAt, endedAt, outcome, text } = ended;
  const status = outcome.ok ? "completed" : final ? "failed" : "retrying";
  const result = outcome.ok ? { output: text } : { error: text };
  const { number, attempt, id, kind } = op;
  return { op: number, attempt, id, kind, status, startedAt, endedAt, ...result };
}

/** The record of a timer that went off. */
export function wakeRecord({ number, attempt, id, kind }: Op, now: number): StepRecord {
  return { op: number, attempt, id, kind, status: "completed", startedAt: now, endedAt: now };
}
