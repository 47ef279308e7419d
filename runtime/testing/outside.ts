/** The world around a run of a test: what answers its waits, and the runs that it starts. */
import { encode } from "../codec/index.ts";
import type { Logger, WaitingOp } from "../engine/contract.ts";
import { fieldAt } from "../engine/field-at.ts";
import { encodeThrown } from "../engine/thrown.ts";
import { toEvent } from "../events.ts";
import { compileExpression, type MatchScope } from "../expressions.ts";
import { HeldEvents, waitFilter } from "../held-waits.ts";
import type { Commit, Mail, NewWait, SentSignal, StoredEvent } from "../store.ts";
import type { BackstitchEvent } from "../types.ts";
import { mocked } from "./script.ts";
import type { ComingEvent, ComingSignal, TestRun, TestRunOptions } from "./test-run.ts";

/** A wait that has begun and was not met. */
interface OpenWait extends NewWait {
  readonly id: string;
  readonly index: number;
}

/** How the run of a function ends that `step.invoke` has started. */
export type Invoked = (event: StoredEvent) => Promise<Pick<TestRun, "status" | "output" | "error">> | undefined;

export class Outside {
  readonly #run: string;
  readonly #event: StoredEvent;
  readonly #options: TestRunOptions;
  readonly #logger: Logger;
  readonly #invoked: Invoked;
  readonly #named = new Map<number, WaitingOp & { readonly index: number }>();
  readonly #waits = new Map<number, OpenWait>();
  /** Not answered yet: what begins with a commit is answered behind it. */
  readonly #events: Set<ComingEvent>;
  readonly #signals: Set<ComingSignal>;
  readonly #mail: Mail[] = [];
  #lastMail = 0;
  #cancelled = false;

  constructor(run: string, event: StoredEvent, options: TestRunOptions, logger: Logger, invoked: Invoked) {
    this.#run = run;
    this.#event = event;
    this.#options = options;
    this.#logger = logger;
    this.#invoked = invoked;
    this.#events = new Set(options.events);
    this.#signals = new Set(options.signals);
  }

  /** What came and was not read. */
  get mail(): readonly Mail[] {
    return this.#mail;
  }

  /** An op is about to be announced. */
  named(op: WaitingOp, index: number): void {
    this.#named.set(op.number, { ...op, index });
  }

  /** What comes of a commit that is stored. */
  async committed(commit: Commit): Promise<void> {
    const { waits = [], events = [], signals = [], unwait = [], read = [], status, label, now } = commit;
    for (const seq of read) this.#read(seq);
    for (const op of unwait) this.#waits.delete(op);
    if (status !== "running") return;
    const begun = waits.map((wait) => ({ ...wait, id: this.#idOf(wait.op), index: this.#indexOf(wait.op) }));
    for (const wait of begun) this.#waits.set(wait.op, wait);
    const ids = [...this.#waits.values()].map(({ id }) => id);
    const parkedAt = (place: string) => ids.includes(place) || (label ?? "").split(" > ").includes(place);
    if (this.#options.cancelAt !== undefined && !this.#cancelled && parkedAt(this.#options.cancelAt)) {
      this.#cancelled = true;
      this.#put(0, "cancel", null, now);
    }
    for (const event of this.#events) if (await this.#comes(event, parkedAt)) await this.#arrive(event, now);
    for (const signal of this.#signals) if (await this.#comes(signal, parkedAt)) this.#signalled(signal, now);
    for (const wait of begun) if (this.#waits.has(wait.op)) await this.#respond(wait, now);
    for (const { op, ...sent } of signals) this.#sent(op, sent, now);
    for (const event of events) if (event.parent) await this.#invoke(event, event.parent.op, now);
  }

  async #comes(coming: ComingEvent | ComingSignal, parkedAt: (place: string) => boolean): Promise<boolean> {
    if (coming.when !== undefined) return parkedAt(coming.when);
    if ("signal" in coming) return [...this.#waits.values()].some((wait) => isFor(wait, coming));
    return (await this.#metBy(this.#made(coming))).length > 0;
  }

  /** Meets all waits that it fits. */
  async #arrive(coming: ComingEvent, now: number): Promise<void> {
    this.#events.delete(coming);
    const event = this.#made(coming, now);
    for (const { op, text } of await this.#metBy(event)) this.#put(op, "event", text, now);
  }

  #signalled(signal: ComingSignal, now: number): void {
    this.#signals.delete(signal);
    const wait = [...this.#waits.values()].find((open) => isFor(open, signal));
    if (wait) this.#put(wait.op, "signal", encode(signal.data), now);
  }

  /** The run may wait for it itself; there is no other. */
  #sent(op: number, { name, text }: Pick<SentSignal, "name" | "text">, now: number): void {
    const wait = [...this.#waits.values()].find((open) => isFor(open, { signal: name }));
    if (wait) this.#put(wait.op, "signal", text, now);
    this.#put(op, "sent", null, now, wait && this.#run);
  }

  async #respond({ op, id, index, kind, name, filter }: OpenWait, now: number): Promise<void> {
    if (kind === "cancel") return;
    const answer = this.#options.respond?.({ id, index, kind, name });
    if (!answer) return;
    if (kind === "signal") return this.#put(op, kind, encode(answer.data), now);
    const event = this.#made({ name, data: answer.data }, now);
    const held = await new HeldEvents(event, this.#logger).by(waitFilter(name, filter).schema);
    if (held) this.#put(op, kind, held.text, now);
  }

  /** The run of a function is over before its caller goes on. Nobody answers for one that is not known. */
  async #invoke(event: StoredEvent, op: number, now: number): Promise<void> {
    const { mock = {} } = this.#options;
    const id = this.#idOf(op);
    if (Object.hasOwn(mock, id)) {
      const call = { id, index: this.#indexOf(op), attempt: 0, input: [toEvent(event).data] };
      try {
        const given = mock[id];
        const output: unknown = await mocked(given, call);
        this.#put(op, "completed", encode(output), now);
      } catch (error) {
        this.#put(op, "failed", encodeThrown(error), now);
      }
      return;
    }
    const run = await this.#invoked(event);
    if (run?.status === "completed") this.#put(op, "completed", encode(run.output), now);
    else if (run?.status === "cancelled") this.#put(op, "cancelled", null, now);
    else if (run) this.#put(op, "failed", encodeThrown(run.error), now);
  }

  /** The ops that an event meets, with what they are given. */
  async #metBy(coming: BackstitchEvent): Promise<{ readonly op: number; readonly text: string }[]> {
    const held = new HeldEvents(coming, this.#logger);
    const met: { op: number; text: string }[] = [];
    for (const { op, kind, name, match, filter } of this.#waits.values()) {
      if (kind !== "event" || name !== coming.name) continue;
      const value = match && fieldAt(coming, match.path);
      if (match && (value === undefined || encode(value) !== match.value)) continue;
      const { schema, condition } = waitFilter(name, filter);
      const given = await held.by(schema);
      if (given && this.#holds(condition, given.event)) met.push({ op, text: given.text });
    }
    return met;
  }

  #holds(condition: string | undefined, async: BackstitchEvent): boolean {
    if (condition === undefined) return true;
    const site = { field: "`if` of a wait", variables: ["event", "async"], gives: "condition" } as const;
    const scope: MatchScope = { event: toEvent(this.#event), async };
    return compileExpression(condition, site).holds(scope, this.#logger) === true;
  }

  #made({ name, data = {} }: ComingEvent, ts = 0): BackstitchEvent {
    return { id: `${name} ${this.#lastMail + 1}`, name, data, ts };
  }

  #put(op: number, kind: Mail["kind"], text: string | null, receivedAt: number, from?: string): void {
    this.#waits.delete(op);
    this.#mail.push({ seq: ++this.#lastMail, op, kind, text, receivedAt, ...(from !== undefined && { from }) });
  }

  #read(seq: number): void {
    const at = this.#mail.findIndex((mail) => mail.seq === seq);
    if (at >= 0) this.#mail.splice(at, 1);
  }

  #idOf(op: number): string {
    return this.#named.get(op)?.id ?? "";
  }

  #indexOf(op: number): number {
    return this.#named.get(op)?.index ?? 0;
  }
}

function isFor({ kind, name }: NewWait, { signal }: Pick<ComingSignal, "signal">): boolean {
  return kind === "signal" && name === signal;
}
