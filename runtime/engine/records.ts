/** What the store keeps of an attempt of an op. */
import { encode } from "../codec/index.ts";
import type { StepRecord } from "../store.ts";
import type { EndedAttempt } from "./attempts.ts";
import { isShieldedOp } from "./cancellation.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { encodeThrown } from "./thrown.ts";

/** The record of an attempt of a callback; `final` says that a failure is the op's last. */
export function attemptRecord(op: Op, ended: EndedAttempt, final: boolean): StepRecord {
  const { startedAt, endedAt, outcome, text, input } = ended;
  const status = outcome.ok ? "completed" : final ? "failed" : "retrying";
  const result = outcome.ok ? { output: text } : { error: text };
  return { ...about(op, input), status, startedAt, endedAt, ...result };
}

/** The record of an op that ran no code: a timer that went off, a wait that was met. It began when the code came to it. */
export function waitRecord(op: Op, outcome: Outcome, now: number): StepRecord {
  const record = { ...about(op, inputText(op)), startedAt: op.madeAt || now, endedAt: now };
  if (!outcome.ok) return { ...record, status: "failed", error: encodeThrown(outcome.error) };
  if (outcome.value === undefined) return { ...record, status: "completed" };
  return { ...record, status: "completed", output: encode(outcome.value) };
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

function about(
  op: Op,
  input: string | undefined,
): Pick<StepRecord, "op" | "attempt" | "id" | "kind" | "input" | "rollback"> {
  const { number, attempt, id, kind } = op;
  return {
    ...{ op: number, attempt, id, kind },
    ...(input !== undefined && { input }),
    ...(isShieldedOp(op) && { rollback: true }),
  };
}
