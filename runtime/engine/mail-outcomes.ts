/** What comes for an op that waits: mail, or the end of its time. */
import { decode } from "../codec/index.ts";
import { StepError } from "../errors.ts";
import { BackstitchError } from "../faults.ts";
import type { Mail } from "../store.ts";
import type { Op } from "./ops.ts";
import { done, type Outcome } from "./outcome.ts";

/** @throws BackstitchError BS2104 when the mail cannot be read */
export function outcomeOfMail(op: Op, mail: Mail, run: string): Outcome {
  const { kind } = mail;
  if (kind === "event" || kind === "completed") return { ok: true, value: read(mail, run) };
  if (kind === "signal") return { ok: true, value: { signal: op.input[0], data: read(mail, run) } };
  if (kind === "sent") return { ok: true, value: { runId: mail.from } };
  if (kind === "replaced") return { ok: true, value: null };
  return { ok: false, error: new StepError(op.id, failureOf(op, mail, run)) };
}

/** A wait that was not met gives null; a run that was called must have ended. */
export function outcomeOfTimer(op: Op): Outcome {
  if (op.kind === "sleep") return done;
  if (op.kind !== "invoke") return { ok: true, value: null };
  const error = new Error(`Timed out waiting for the run of function "${String(op.input[0])}"`);
  return { ok: false, error: new StepError(op.id, error) };
}

function failureOf(op: Op, mail: Mail, run: string): unknown {
  if (mail.kind === "failed") return read(mail, run);
  if (mail.kind === "conflict") return new Error(`Another step waits for the signal "${String(op.input[0])}" already`);
  return new Error(`The run of function "${String(op.input[0])}" was cancelled`);
}

function read({ text, seq }: Mail, run: string): unknown {
  try {
    return text === null ? undefined : decode(text);
  } catch (cause) {
    throw new BackstitchError("BS2104", {
      where: `message ${seq} to run ${run}: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: "Register in the worker, with registerClass(), every class that events and outputs carry, or cancel the run.",
      cause,
    });
  }
}
