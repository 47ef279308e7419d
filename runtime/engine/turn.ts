/** What a turn carries until it is committed. */
import type { Commit, Mail, StepRecord, StoredEvent } from "../store.ts";
import type { Op } from "./ops.ts";

type Taken = Pick<Commit, "steps" | "read" | "unwait" | "events">;

/** What was delivered since the last commit. */
export class Turn {
  /** Something was delivered or begun, so that a park is to be committed. */
  open = false;
  #before: string | (() => string) | undefined;
  #steps: StepRecord[] = [];
  #read: number[] = [];
  #unwait: number[] = [];
  #events: StoredEvent[] = [];

  /** The frame with the delivered outcome in it, before any code saw it: the pre-image. Few ask for it. */
  get before(): string | undefined {
    if (typeof this.#before === "function") this.#before = this.#before();
    return this.#before;
  }

  get hasBefore(): boolean {
    return this.#before !== undefined;
  }

  set before(text: string | (() => string) | undefined) {
    this.#before = text;
  }

  /** What a commit writes of it. */
  get fallback(): { readonly frame: string } | undefined {
    const { before } = this;
    return before === undefined ? undefined : { frame: before };
  }

  /** There is something that must not be lost. */
  get hasRecords(): boolean {
    return this.#steps.length > 0;
  }

  record(step: StepRecord): void {
    this.#steps.push(step);
  }

  consume(mail: Mail): void {
    this.#read.push(mail.seq);
  }

  waitsNoMore(op: Op): void {
    this.#unwait.push(op.number);
  }

  /** Events that go out with the record of the op that sent them. */
  send(events: readonly StoredEvent[]): void {
    this.#events.push(...events);
  }

  /** What the next commit writes; gone from here. */
  take(): Taken {
    const taken = {
      steps: this.#steps,
      ...(this.#read.length > 0 && { read: this.#read }),
      ...(this.#unwait.length > 0 && { unwait: this.#unwait }),
      ...(this.#events.length > 0 && { events: this.#events }),
    };
    this.#steps = [];
    if (this.#read.length > 0) this.#read = [];
    if (this.#unwait.length > 0) this.#unwait = [];
    if (this.#events.length > 0) this.#events = [];
    return taken;
  }

  /** Parked and committed. */
  close(): Taken {
    this.open = false;
    this.before = undefined;
    return this.take();
  }
}

/** What a turn writes, with what else is to be written at once. Both may send events. */
export function withTurn<Other extends Pick<Commit, "events">>(turn: Taken, other: Other): Taken & Other {
  const events = turn.events && other.events && { events: [...turn.events, ...other.events] };
  return { ...turn, ...other, ...events };
}
