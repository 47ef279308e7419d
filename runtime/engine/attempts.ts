/** One attempt of a step: runs the callback and turns what comes of it into what can be stored and delivered. */
import { decode, encode } from "../codec/index.ts";
import { NonRetriableError, RetryAfterError } from "../errors.ts";
import { runIn } from "./ambient.ts";
import { joinedInDisposal } from "./causes.ts";
import type { DriverHost } from "./contract.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { encodeThrown } from "./thrown.ts";

/** When a failure is tried again: as scheduled, after so many milliseconds, or not at all. */
export type RetryAdvice = "scheduled" | "never" | number;

/** An attempt that ended. It names its op by number: the activation may have been loaded anew meanwhile. */
export interface EndedAttempt {
  readonly op: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Decoded from `text`: what a reload would deliver. The error is the one that was thrown. */
  readonly outcome: Outcome;
  readonly text: string;
  readonly retry: RetryAdvice;
}

/** Starts the next attempt of a step. `ended` is called once, at the earliest before this returns. */
export function startAttempt(op: Op, host: DriverHost, ended: (attempt: EndedAttempt) => void): void {
  const startedAt = host.clock.now();
  const end = (outcome: Outcome) => ended(storable(op.number, startedAt, host.clock.now(), outcome));
  op.running = true;
  let result: unknown;
  try {
    result = runIn(undefined, () => call(op, host));
  } catch (error) {
    return end({ ok: false, error });
  }
  if (typeof result !== "object" && typeof result !== "function") return end({ ok: true, value: result });
  Promise.resolve(result).then(
    (value) => end({ ok: true, value }),
    (error: unknown) => end({ ok: false, error }),
  );
}

function call(op: Op, { script, aroundStep }: DriverHost): unknown {
  const { number, id, kind, attempt, input, callback } = op;
  const invoke = (given: readonly unknown[]) => {
    const real = () => callback?.(...given);
    return script ? script({ op: number, id, attempt, input: given }, real) : real();
  };
  return aroundStep ? aroundStep({ op: number, id, kind, attempt, input }, invoke) : invoke(input);
}

function storable(op: number, startedAt: number, endedAt: number, outcome: Outcome): EndedAttempt {
  if (!outcome.ok) return failed(op, startedAt, endedAt, outcome.error, retryAdvice(outcome.error, endedAt));
  const { value } = outcome;
  try {
    const text = encode(value);
    const kept = isPrimitive(value) ? outcome : { ok: true as const, value: decode(text) };
    return { op, startedAt, endedAt, outcome: kept, text, retry: "never" };
  } catch (error) {
    return failed(op, startedAt, endedAt, error, "never");
  }
}

function failed(op: number, startedAt: number, endedAt: number, error: unknown, retry: RetryAdvice): EndedAttempt {
  const text = encodeThrown(error);
  return { op, startedAt, endedAt, outcome: { ok: false, error: decode(text) }, text, retry };
}

/** What an error says of its repetition, or one that it suppresses. `now` in milliseconds since the epoch. */
export function retryAdvice(error: unknown, now: number, above: readonly unknown[] = []): RetryAdvice {
  if (error instanceof NonRetriableError) return "never";
  if (error instanceof RetryAfterError) return error.delayFrom(now);
  const joined = above.includes(error) ? [] : joinedInDisposal(error);
  const advice = joined.map((one) => retryAdvice(one, now, [...above, error]));
  return advice.find((one) => one === "never") ?? advice.find((one) => one !== "scheduled") ?? "scheduled";
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
