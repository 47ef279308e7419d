/** How ops of a run come by their outcomes, and what is recorded of it. */
import { encode } from "../codec/index.ts";
import { StepError } from "../errors.ts";
import { toStoredEvent } from "../events.ts";
import type { Claim, Commit, Mail, RecordedOutcome, StepRecord } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { EndedAttempt } from "./attempts.ts";
import { interrupt } from "./cancellation.ts";
import type { DriverHost, RunnableFunction, StepSend } from "./contract.ts";
import { isFinal, nextAttemptOf } from "./load.ts";
import { outcomeOfMail, outcomeOfTimer } from "./mail-outcomes.ts";
import { type Announcement, isDue, isTried, type Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { attemptRecord, lostRecord, waitRecord } from "./records.ts";
import type { Slots } from "./slots.ts";
import type { Turn } from "./turn.ts";

export class Settling {
  readonly #run: string;
  readonly #app: string;
  readonly #fn: RunnableFunction;
  readonly #host: DriverHost;
  readonly #turn: Turn;
  readonly #slots: Slots;

  constructor({ run, event }: Claim, fn: RunnableFunction, host: DriverHost, turn: Turn, slots: Slots) {
    this.#run = run;
    this.#app = event.app;
    this.#fn = fn;
    this.#host = host;
    this.#turn = turn;
    this.#slots = slots;
  }

  /** An attempt has ended: the op has its outcome, or is tried again. */
  attempted(op: Op, given: EndedAttempt, cancelled: boolean): void {
    op.running = false;
    this.#slots.giveBack(op.number);
    const ended = op.kind === "send" && given.outcome.ok ? this.#sent(op, given, given.outcome.value) : given;
    const { outcome, retry } = ended;
    const final = outcome.ok || cancelled || isFinal(retry, op.attempt, op.options?.retries ?? this.#fn.retries);
    this.#record(attemptRecord(op, ended, final));
    if (!final) {
      op.attempt++;
      op.dueAt = this.#host.clock.now() + nextAttemptOf(retry, op, this.#host);
    } else if (outcome.ok) op.outcome = outcome;
    else if (cancelled) interrupt(op, outcome.error);
    else op.outcome = { ok: false, error: new StepError(op.id, outcome.error) };
  }

  /** The events of the attempt go out with its record. Without the middleware that was around them, they go as they are. */
  #sent(op: Op, ended: EndedAttempt, sent: unknown): EndedAttempt {
    const asGiven = () => op.input.map((event) => toStoredEvent(event, this.#app, this.#host.clock.now()));
    const { events, ids } = (sent as Awaited<ReturnType<StepSend>> | undefined) ?? {
      events: asGiven(),
      ids: undefined,
    };
    this.#turn.send(events);
    const value = { ids: ids ?? events.map(({ id }) => id) };
    return { ...ended, outcome: { ok: true, value }, text: encode(value) };
  }

  /** The run takes the outcome over from another one. */
  recalled({ seq: _, ...record }: RecordedOutcome): void {
    this.#record(record);
  }

  /** @throws BackstitchError BS2104 when the mail cannot be read */
  mailed(op: Op, mail: Mail): void {
    this.#met(op, outcomeOfMail(op, mail, this.#run));
  }

  /** The next wait whose time has come: it has its outcome then. */
  timedOut(ops: Activation["ops"]): Op | undefined {
    const now = this.#host.clock.now();
    for (const op of ops.values()) {
      if (isTried(op) || !isDue(op, now)) continue;
      this.#waitsNoMore(op);
      this.#met(op, outcomeOfTimer(op));
      return op;
    }
    return undefined;
  }

  /** What a lost worker did of it may show in the world: there is a record of it. */
  interrupted(op: Op): void {
    const mayHaveBegun = op.lostAttempt !== undefined && !this.#slots.awaits(op.number);
    this.#waitsNoMore(op);
    this.#slots.giveBack(op.number);
    const error = interrupt(op);
    if (mayHaveBegun) this.#record(lostRecord(op, error, this.#host.clock.now()));
  }

  /** What ops announce with the commit that first holds them. Those that are done with that have their record in it. */
  announced({ ops }: Activation): Pick<Commit, "waits" | "events" | "signals"> {
    const announced: Announcement[] = [];
    for (const op of ops.values()) {
      if (!op.announcement) continue;
      if (op.outcome) this.#record(waitRecord(op, op.outcome, this.#host.clock.now()));
      else this.#host.onWait?.(op);
      announced.push(op.announcement);
      op.announcement = undefined;
    }
    if (announced.length === 0) return {};
    const waits = announced.flatMap(({ wait }) => wait ?? []);
    const events = announced.flatMap(({ events = [] }) => events);
    const signals = announced.flatMap(({ signal }) => signal ?? []);
    return {
      ...(waits.length > 0 && { waits }),
      ...(events.length > 0 && { events }),
      ...(signals.length > 0 && { signals }),
    };
  }

  #met(op: Op, outcome: Outcome): void {
    op.outcome = outcome;
    this.#record(waitRecord(op, outcome, this.#host.clock.now()));
  }

  /** Only events and signals have a wait in the store. */
  #waitsNoMore(op: Op): void {
    if (op.kind === "event" || op.kind === "signal") this.#turn.waitsNoMore(op);
  }

  #record(record: StepRecord): void {
    this.#turn.record(record);
    this.#host.onStep?.(record);
  }
}
