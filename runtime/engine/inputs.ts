/** What the world hands to a drive between two of its decisions: attempts that ended, and mail. */
import { SafeMap, SafeSet } from "../codec/index.ts";
import type { Mail } from "../store.ts";
import { Attempt, type EndedAttempt } from "./attempts.ts";
import type { DriverHost } from "./contract.ts";
import { leavesFrame } from "./leaves-frame.ts";
import { endedElsewhere, type ToldAttempt } from "./lone-attempt.ts";
import type { Op } from "./ops.ts";

export class Inputs {
  readonly #run: string;
  readonly #host: DriverHost;
  readonly #ring: () => void;
  readonly #ended: EndedAttempt[] = [];
  /** Of attempts that others have made. */
  readonly #arrived: ToldAttempt[];
  readonly #mail: Mail[] = [];
  /** Attempts that run or were not taken, by the number of their op. Replaced when it is empty, as maps of ops are. */
  #attempts = new SafeMap<number, Attempt>();
  /** Of those, the ones that may change what the frame holds. */
  readonly #changing = new SafeSet<number>();
  #mayHaveChanged = true;
  #lastMail = 0;

  /** @param ring called when something has come */
  constructor(run: string, host: DriverHost, ring: () => void) {
    this.#run = run;
    this.#host = host;
    this.#ring = ring;
    this.#arrived = [...(host.spread?.ended ?? [])];
  }

  /** Nothing of the run goes on in this process, and nothing has come. */
  get none(): boolean {
    return this.#attempts.size === 0 && this.#mail.length === 0 && this.#arrived.length === 0;
  }

  /** Callbacks run, or have ended and were not taken. */
  get attempting(): boolean {
    return this.#attempts.size > 0;
  }

  /** Callbacks run. One of those that ended rings no more. */
  get running(): boolean {
    return this.#attempts.size > this.#ended.length;
  }

  get anyMail(): boolean {
    return this.#mail.length > 0;
  }

  get anyEnded(): boolean {
    return this.#ended.length + this.#arrived.length > 0;
  }

  /** Ops of which an attempt has ended. */
  get ended(): readonly number[] {
    return this.#ended.map(({ op }) => op);
  }

  /** Whether an attempt may have changed something that the frame holds since the last call of `held`. */
  get mayHaveChanged(): boolean {
    return this.#mayHaveChanged;
  }

  /** The frame that is written now, to be committed. */
  held<Frame>(frame: Frame): Frame {
    // What other branches did since may have put objects where there were none.
    for (const { op } of this.#attempts.values()) if (!leavesFrame(op)) this.#changing.add(op.number);
    this.#mayHaveChanged = this.#changing.size > 0;
    return frame;
  }

  start(op: Op): void {
    if (this.#host.aroundStep || !leavesFrame(op)) {
      this.#changing.add(op.number);
      this.#mayHaveChanged = true;
    }
    const attempt = new Attempt(op, this.#run, this.#host, (ended) => {
      this.#ended.push(ended);
      this.#ring();
    });
    this.#attempts.set(op.number, attempt);
    attempt.start();
  }

  /** The first attempt that has ended; of those that were made here, one that `fits`. */
  takeEnded(fits: (ended: EndedAttempt) => boolean = () => true): EndedAttempt | undefined {
    const index = this.#ended.findIndex(fits);
    if (index < 0) return this.#takeArrived();
    const [ended] = this.#ended.splice(index, 1) as [EndedAttempt];
    if (this.#attempts.size === 1) this.#attempts = new SafeMap();
    else this.#attempts.delete(ended.op);
    this.#changing.delete(ended.op);
    return ended;
  }

  #takeArrived(): EndedAttempt | undefined {
    const told = this.#arrived.shift();
    return told && endedElsewhere(told);
  }

  interrupt(op: number, reason: Error): void {
    this.#attempts.get(op)?.interrupt(reason);
  }

  interruptAll(reason: Error): void {
    for (const attempt of this.#attempts.values()) attempt.interrupt(reason);
  }

  /** Mail may come again until it is consumed. */
  receive(mail: readonly Mail[]): void {
    const fresh = mail.filter(({ seq }) => seq > this.#lastMail);
    if (fresh.length === 0) return;
    this.#mail.push(...fresh);
    this.#lastMail = (fresh.at(-1) as Mail).seq;
    this.#ring();
  }

  takeMail(): Mail | undefined {
    return this.#mail.shift();
  }
}
