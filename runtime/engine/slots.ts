/**
 * What must be so before attempts begin: slots, and for those that are made elsewhere, that a commit says so.
 *
 * The slots of a run's steps, of a function with `concurrency`: asked for in the commit that first holds a step that is
 * due, given back in the one that records how its attempt ended. The store has the truth; this is what it told.
 */
import { SafeMap, SafeSet } from "../codec/index.ts";
import { poolsOf } from "../flow/pools.ts";
import { priorityMs } from "../flow/priority.ts";
import type { Claim, Commit, CommitResult, Mail, Pool } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { Elsewhere } from "./elsewhere.ts";
import { eventOf } from "./load.ts";
import { isDue, isTried, isWork, type Op } from "./ops.ts";

type Ops = ReadonlyMap<number, Op>;

export class Slots {
  readonly #claim: Claim;
  readonly #fn: RunnableFunction;
  readonly #host: DriverHost;
  readonly #isLimited: boolean;
  /** What asked, by the number of its op: whether it has its slots. Replaced when it is empty, as maps of ops are. */
  #asked = new SafeMap<number, boolean>();
  /** The commit that asks has not been answered: until then its ops count as due, so that a crash cannot strand them. */
  #asking = false;
  /** Mail about slots that the run has given back since, all at once: when it was blocked. */
  readonly #outdated: ReadonlySet<number>;
  #givenBack: number[] = [];
  readonly #elsewhere: Elsewhere;
  #pools: readonly Pool[] | undefined;
  /** How much earlier than others it is served. */
  #lead = 0;

  constructor(claim: Claim, fn: RunnableFunction, host: DriverHost) {
    this.#claim = claim;
    this.#fn = fn;
    this.#host = host;
    this.#isLimited = (fn.flow?.concurrency.length ?? 0) > 0;
    this.#elsewhere = new Elsewhere(host.spread);
    for (const { op, granted } of claim.slots ?? []) this.#asked.set(op, granted);
    const outdated = claim.mail.filter(({ kind, op }) => kind === "slot" && !this.#asked.has(op));
    this.#outdated = new SafeSet(outdated.map(({ seq }) => seq));
  }

  loaded(activation: Activation): void {
    this.#elsewhere.loaded(activation);
  }

  /** Whether an attempt of the op may begin. */
  mayStart(op: Op): boolean {
    const isAdmitted = !this.#isLimited || !isWork(op) || this.#asked.get(op.number) === true;
    return isTried(op) && isDue(op, this.#host.clock.now()) && isAdmitted;
  }

  /** Whether the op has asked and must wait until it is told. */
  awaits(number: number): boolean {
    return this.#isLimited && !this.#asking && this.#asked.get(number) === false;
  }

  /**
   * Whether nothing is to be done about the op until it is told by mail. The answer to the next commit may tell it as well,
   * when that gives slots back: the run is kept for it, and due should it not come.
   */
  isLeft(number: number): boolean {
    return this.awaits(number) && this.#givenBack.length === 0;
  }

  /** Whether a step is due that has not asked, or is to begin elsewhere. */
  lacks(ops: Ops): boolean {
    const isLacking = this.#isLimited && this.#lacking(ops).length > 0;
    return isLacking || this.#elsewhere.lacks(ops, (op) => this.mayStart(op));
  }

  /** What a commit asks for that holds these ops, and what it begins. The run is kept until it is answered. */
  ask(ops: Ops): Pick<Commit, "acquire" | "elsewhere"> {
    for (const number of this.#asked.keys()) if (!ops.has(number)) this.giveBack(number);
    const begun = this.#elsewhere.begins(ops, (op) => this.mayStart(op));
    return { ...begun, ...this.#askFor(ops) };
  }

  #askFor(ops: Ops): Pick<Commit, "acquire"> {
    if (!this.#isLimited) return {};
    const lacking = this.#lacking(ops);
    if (lacking.length === 0) return {};
    for (const { number } of lacking) this.#asked.set(number, false);
    this.#asking = true;
    const { app } = this.#claim.event;
    const { id, flow } = this.#fn;
    if (this.#pools === undefined) {
      const event = eventOf(this.#claim);
      this.#pools = poolsOf(flow?.concurrency ?? [], { app, id }, event, this.#host.logger);
      this.#lead = priorityMs(flow, event, this.#host.logger);
    }
    const pools = this.#pools;
    const rank = this.#host.clock.now() - this.#lead;
    return { acquire: lacking.map(({ number }) => ({ op: number, pools, rank })) };
  }

  /** Its attempt has ended, or never begins. */
  giveBack(number: number): void {
    this.#elsewhere.ended(number);
    if (!this.#asked.has(number)) return;
    if (this.#asked.size === 1) this.#asked = new SafeMap();
    else this.#asked.delete(number);
    this.#givenBack.push(number);
  }

  /** What the next commit gives back; gone from here. */
  take(): Pick<Commit, "giveBack"> {
    if (this.#givenBack.length === 0) return {};
    const giveBack = this.#givenBack;
    this.#givenBack = [];
    return { giveBack };
  }

  /** What a commit was answered. */
  answered(result: CommitResult): void {
    this.#asking = false;
    if (typeof result === "object") for (const op of result.granted) this.#granted(op);
  }

  told({ op, seq }: Mail): void {
    if (!this.#outdated.has(seq)) this.#granted(op);
  }

  #granted(op: number): void {
    if (this.#asked.has(op)) this.#asked.set(op, true);
  }

  #lacking(ops: Ops): Op[] {
    const now = this.#host.clock.now();
    return [...ops.values()].filter((op) => isWork(op) && isDue(op, now) && !this.#asked.has(op.number));
  }
}
