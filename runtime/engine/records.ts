/** What the store keeps of an attempt of an op. */
import { encode } from "../codec/index.ts";
import type { StepRecord } from "../store.ts";
import type { EndedAttempt } from "./attempts.ts";
import { isShieldedOp } from "./cancellation.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { encodeThrown } from "./thrown.ts";

/** A record whose fields are still to come. */
type Draft = { -readonly [Field in keyof StepRecord]: StepRecord[Field] };

/** The record of an attempt of a callback; `final` says that a failure is the op's last. */
export function attemptRecord(op: Op, ended: EndedAttempt, final: boolean): StepRecord {
  const { startedAt, endedAt, outcome, text, input, rollback } = ended;
  const status = outcome.ok ? "completed" : final ? "failed" : "retrying";
  const record = draftOf(op, status, startedAt, endedAt, input, rollback);
  if (outcome.ok) record.output = text;
  else record.error = text;
  return record;
}

/** The record of an op that ran no code: a timer that went off, a wait that was met. It began when the code came to it. */
export function waitRecord(op: Op, outcome: Outcome, now: number): StepRecord {
  const record = draftOf(op, outcome.ok ? "completed" : "failed", op.madeAt || now, now, inputText(op));
  if (!outcome.ok) record.error = encodeThrown(outcome.error);
  else if (outcome.value !== undefined) record.output = encode(outcome.value);
  return record;
}

/** The record of an attempt whose worker was lost, of an op that was then interrupted. When it began is not known. */
export function lostRecord(op: Op, error: unknown, now: number): StepRecord {
  const { lostAttempt = op.attempt } = op;
  const record = draftOf(op, "failed", now, now, lostAttempt === 0 ? inputText(op) : undefined);
  record.attempt = lostAttempt;
  record.error = encodeThrown(error);
  return record;
}

/** Undefined when there is none. One that only the run itself can make again is left out: the frame has it. */
export function inputText({ input }: Op): string | undefined {
  if (input.length === 0) return undefined;
  try {
    return encode(input);
  } catch {
    return undefined;
  }
}

/** No spreads: this is done for each step, and they are slow. */
function draftOf(
  op: Op,
  status: StepRecord["status"],
  startedAt: number,
  endedAt: number,
  input: string | undefined,
  rollback = isShieldedOp(op),
): Draft {
  const { number, attempt, id, kind } = op;
  const draft: Draft = { op: number, attempt, id, kind, status, startedAt, endedAt };
  if (input !== undefined) draft.input = input;
  if (rollback) draft.rollback = true;
  return draft;
}
