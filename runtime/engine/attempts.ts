/** One attempt of a step: runs the callback and turns what comes of it into what can be stored and delivered. */
import { decode, encode, NotEncodableError } from "../codec/index.ts";
import { NonRetriableError, RetryAfterError } from "../errors.ts";
import { placed } from "../step-place.ts";
import type { SentEvent, StepContext } from "../types.ts";
import { runIn } from "./ambient.ts";
import { isShieldedOp } from "./cancellation.ts";
import { joinedBy, joinedInDisposal } from "./causes.ts";
import { nameCallback } from "./closures.ts";
import type { DriverHost } from "./contract.ts";
import { keptResponse, performFetch } from "./fetch-tool.ts";
import type { Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { inputText } from "./records.ts";
import { encodeThrown } from "./thrown.ts";

/** When a failure is tried again: as scheduled, after so many milliseconds, or not at all. */
export type RetryAdvice = "scheduled" | "never" | number;

/** An attempt that ended. It names its op by number: the activation may have been loaded anew meanwhile. */
export interface EndedAttempt {
  readonly op: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of the first attempt, before it began. */
  readonly input: string | undefined;
  /** Decoded from `text`: what a reload would deliver. The error is the one that was thrown. */
  readonly outcome: Outcome;
  readonly text: string;
  readonly retry: RetryAdvice;
  /** It was told, while it ran, that nobody wants it any more. */
  readonly interrupted: boolean;
  /** It began in a rollback or clean-up, which may be over when it ends. */
  readonly rollback: boolean;
}

/**
 * An attempt that runs. It ends once: when its callback does, or before that when its time is over. Whoever owns it is
 * told at the earliest before `start` returns.
 */
export class Attempt {
  readonly op: Op;
  readonly #run: string;
  readonly #host: DriverHost;
  readonly #tell: (attempt: EndedAttempt) => void;
  readonly #startedAt: number;
  readonly #input: string | undefined;
  readonly #rollback: boolean;
  /** Made when somebody asks for the signal: most callbacks do not. */
  #abort: AbortController | undefined;
  #reason: unknown;
  #interrupted = false;
  #over = false;
  #timer: AbortController | undefined;

  constructor(op: Op, run: string, host: DriverHost, tell: (attempt: EndedAttempt) => void) {
    this.op = op;
    this.#run = run;
    this.#host = host;
    this.#tell = tell;
    this.#startedAt = host.clock.now();
    this.#input = op.attempt === 0 ? inputText(op) : undefined;
    this.#rollback = isShieldedOp(op);
  }

  start(): void {
    const { op } = this;
    op.running = true;
    op.lostAttempt = undefined;
    const { activation } = op.handle;
    const ended = (outcome: Outcome) => {
      activation.callbacks--;
      this.#end(outcome);
    };
    activation.callbacks++;
    let result: unknown;
    try {
      result = runIn(undefined, () => this.#call());
    } catch (error) {
      return ended({ ok: false, error });
    }
    if (typeof result !== "object" && typeof result !== "function") return ended({ ok: true, value: result });
    if (op.options?.timeoutMs !== undefined) void this.#limit(op.options.timeoutMs);
    Promise.resolve(result).then(
      (value) => ended({ ok: true, value }),
      (error: unknown) => ended({ ok: false, error }),
    );
  }

  /** Tells the callback that nobody wants it any more. It may still end as it likes. */
  interrupt(reason: Error): void {
    this.#interrupted = true;
    this.#tellCallback(reason);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    return this.#abort.signal;
  }

  #call(): unknown {
    const { op } = this;
    const { script, aroundStep } = this.#host;
    const { number, id, kind, attempt, input } = op;
    if (kind === "send") return this.#host.aroundSend?.(input as readonly SentEvent[]);
    const invoke = (given: readonly unknown[]) => {
      const real = () => this.#perform(given);
      return script ? script({ op: number, id, attempt, input: given }, real) : real();
    };
    const made = aroundStep ? aroundStep({ op: number, id, kind, attempt, input }, invoke) : invoke(input);
    return kind === "fetch" ? keptResponse(made) : made;
  }

  #perform(input: readonly unknown[]): unknown {
    const { callback } = this.op;
    if (callback === undefined) return performFetch(input, this.signal);
    return callback.length > input.length ? callback(...input, this.#context()) : callback(...input);
  }

  #context(): StepContext {
    const attempt = this;
    const run = this.#run;
    const op = this.op.number;
    return {
      ...placed({ run, op, isOver: () => attempt.#over }),
      get signal() {
        return attempt.signal;
      },
      attempt: this.op.attempt,
      idempotencyKey: `${run}/${op}`,
    };
  }

  async #limit(timeoutMs: number): Promise<void> {
    const { clock } = this.#host;
    this.#timer = new AbortController();
    await clock.until(this.#startedAt + timeoutMs, this.#timer.signal);
    if (this.#over) return;
    const error = new Error(`The attempt took longer than ${timeoutMs} ms`);
    error.name = "TimeoutError";
    this.#tellCallback(error);
    this.#end({ ok: false, error });
  }

  #end(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.abort("over");
    if (!outcome.ok && this.op.callback) nameCallback(this.op.callback);
    const endedAt = this.#host.clock.now();
    const { outcome: kept, text, retry } = storable(outcome, endedAt);
    this.#tell({
      op: this.op.number,
      startedAt: this.#startedAt,
      endedAt,
      input: this.#input,
      outcome: kept,
      text,
      retry,
      interrupted: this.#interrupted,
      rollback: this.#rollback,
    });
  }

  #tellCallback(reason: Error): void {
    this.#reason = reason;
    this.#abort?.abort(reason);
  }
}

function storable(outcome: Outcome, now: number): Pick<EndedAttempt, "outcome" | "text" | "retry"> {
  if (!outcome.ok) return failed(outcome.error, retryAdvice(outcome.error, now));
  const { value } = outcome;
  try {
    const text = encode(value);
    const kept = isPrimitive(value) ? outcome : { ok: true as const, value: decode(text) };
    return { outcome: kept, text, retry: "never" };
  } catch (error) {
    return failed(error, "never");
  }
}

function failed(error: unknown, retry: RetryAdvice): Pick<EndedAttempt, "outcome" | "text" | "retry"> {
  const text = encodeThrown(error);
  return { outcome: { ok: false, error: decode(text) }, text, retry };
}

/**
 * What an error says of its repetition, or one that it suppresses, or all that it joins.
 *
 * @param now milliseconds since the epoch
 */
export function retryAdvice(error: unknown, now: number, above: readonly unknown[] = []): RetryAdvice {
  if (error instanceof NonRetriableError || error instanceof NotEncodableError) return "never";
  if (error instanceof RetryAfterError) return error.delayFrom(now);
  if (above.includes(error)) return "scheduled";
  const adviceOf = (one: unknown) => retryAdvice(one, now, [...above, error]);
  const joined = error instanceof AggregateError ? joinedBy(error) : [];
  if (joined.length > 0 && joined.every((one) => adviceOf(one) === "never")) return "never";
  const advice = joinedInDisposal(error).map(adviceOf);
  return advice.find((one) => one === "never") ?? advice.find((one) => one !== "scheduled") ?? "scheduled";
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
