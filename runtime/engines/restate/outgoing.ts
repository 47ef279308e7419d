/** What a run's commits do outside of it: waits, events, signals, and the word that it has ended. */
import type { Commit, CommitResult, NewWait } from "../../store.ts";
import type { Address, Links } from "./links.ts";
import type { Letter, MailboxView, PoolRequest, SignalMessage, SignalWait, WaitMessage } from "./messages.ts";
import { mailboxKey } from "./names.ts";
import type { RunRecord } from "./record.ts";

export class Outgoing {
  readonly #links: Links;
  readonly #record: RunRecord;

  constructor(links: Links, record: RunRecord) {
    this.#links = links;
    this.#record = record;
  }

  receive(letter: Letter): void {
    const record = this.#record;
    if (record.endedAt !== null) return;
    const { op, kind } = letter;
    if (record.isHeld) this.#links.send(this.#flow("begun"), { run: record.id });
    record.isHeld = false;
    if (kind === "slot")
      record.slots = record.slots.map((slot) => (slot.op === op ? { ...slot, granted: true } : slot));
    if (kind !== "cancel") record.waits = record.waits.filter((wait) => wait.op !== op);
    record.mail.push({ ...letter, seq: ++record.mailed });
    if (record.status === "running") record.wakeAt = letter.receivedAt;
  }

  /**
   * In the order in which a store does it. What must be there before the run goes on is waited for.
   *
   * @returns what the commit is answered
   */
  async sendOut(commit: Commit): Promise<CommitResult> {
    const { events = [], unwait = [], waits = [], signals = [], unfit, now } = commit;
    if (unfit) this.#links.send({ service: "event", key: unfit.event, handler: "unfit" }, unfit);
    for (const event of events) this.#links.send({ service: "event", key: event.id, handler: "put" }, event);
    this.#giveBack(commit);
    if (this.#record.endedAt !== null) {
      this.#ended(commit);
      return "ok";
    }
    this.leave(this.#record.waits.filter(({ op }) => unwait.includes(op)));
    this.#record.waits = this.#record.waits.filter(({ op }) => !unwait.includes(op));
    await this.wait(waits, now);
    this.#record.waits.push(...waits.filter(({ op }) => !this.#record.mail.some((mail) => isRefusal(mail, op))));
    for (const { op, name, text } of signals) {
      const message: SignalMessage = { text, now };
      const from = await this.#links.call<string | null>({ service: "signal", key: name, handler: "send" }, message);
      this.receive({ op, kind: "sent", text: null, receivedAt: now, ...(from !== null && { from }) });
    }
    const granted = await this.#acquire(commit);
    return granted.length > 0 ? { granted } : "ok";
  }

  /** A run that ends or is blocked gives back all. */
  #giveBack({ giveBack = [] }: Pick<Commit, "giveBack">): void {
    const record = this.#record;
    const isGivenBack = ({ op }: { readonly op: number }) => record.status !== "running" || giveBack.includes(op);
    for (const { op, pools } of record.slots.filter(isGivenBack)) {
      for (const pool of pools) {
        const message = { op: { run: record.id, op }, pool };
        this.#links.send({ service: "pool", key: pool.name, handler: "giveBack" }, message);
      }
    }
    record.slots = record.slots.filter((slot) => !isGivenBack(slot));
  }

  /** Answers the ops that have all their slots at once. All ops of a run ask in the same pools. */
  async #acquire({ acquire = [], now }: Commit): Promise<number[]> {
    const { id: run, slots } = this.#record;
    let asking = acquire.filter(({ op }) => !slots.some((slot) => slot.op === op));
    for (const { op, pools } of asking) slots.push({ op, pools, granted: false });
    const pools = asking[0]?.pools ?? [];
    for (const [place, pool] of pools.entries()) {
      const rest = pools.slice(place + 1);
      const requests = asking.map(({ op, rank }): PoolRequest => ({ run, op, pool, rest, rank, now }));
      const to = { service: "pool", key: pool.name, handler: "acquire" } as const;
      const served = await this.#links.call<number[]>(to, requests);
      asking = asking.filter(({ op }) => served.includes(op));
      if (asking.length === 0) break;
    }
    const granted = asking.map(({ op }) => op);
    this.#record.slots = slots.map((slot) => (granted.includes(slot.op) ? { ...slot, granted: true } : slot));
    return granted;
  }

  /** Resolves when whoever sends what is waited for finds the run. */
  async wait(waits: readonly NewWait[], now = 0): Promise<void> {
    for (const wait of waits) {
      if (wait.kind === "signal") await this.#waitForSignal(wait, now);
      else await this.#waitForEvent(wait);
    }
  }

  async #waitForEvent(wait: NewWait): Promise<void> {
    const { name, match, filter } = wait;
    if (match !== undefined) {
      const registry = { service: "mailbox", key: mailboxKey(name) } as const;
      const { paths } = await this.#links.call<MailboxView>({ ...registry, handler: "look" }, null);
      if (!paths.includes(match.path)) await this.#links.call({ ...registry, handler: "addPath" }, match.path);
    }
    const message: WaitMessage = {
      run: this.#record.id,
      wait,
      ...(filter !== undefined && { event: this.#record.event }),
    };
    await this.#links.call({ service: "mailbox", key: mailboxKey(name, match), handler: "wait" }, message);
  }

  async #waitForSignal({ op, name, onConflict = "fail" }: NewWait, now: number): Promise<void> {
    const message: SignalWait = { run: this.#record.id, op, onConflict, now };
    const answer = await this.#links.call<"ok" | "conflict">(
      { service: "signal", key: name, handler: "wait" },
      message,
    );
    if (answer === "conflict") this.receive({ op, kind: "conflict", text: null, receivedAt: now });
  }

  /** They are waited for no longer. */
  leave(waits: readonly NewWait[]): void {
    for (const { op, kind, name, match } of waits) {
      const from = { run: this.#record.id, op };
      if (kind === "signal") this.#links.send({ service: "signal", key: name, handler: "leave" }, from);
      else this.#links.send({ service: "mailbox", key: mailboxKey(name, match), handler: "leave" }, from);
    }
  }

  /** Nothing comes for it any more, and the op that waits for it hears how it ended. */
  #ended({ status, output, error, now }: Pick<Commit, "status" | "output" | "error" | "now">): void {
    const record = this.#record;
    this.leave(record.waits);
    record.waits = [];
    record.mail = [];
    if (record.inFlow) this.#links.send(this.#flow("over"), { run: record.id });
    if (record.parent === undefined) return;
    const { run: key, op } = record.parent;
    const letter: Letter = {
      ...{ op, kind: status as Letter["kind"], text: output ?? error ?? null },
      ...{ receivedAt: now, from: record.id },
    };
    this.#links.send({ service: "run", key, handler: "mail" }, letter);
  }

  #flow(handler: string): Address {
    return { service: "flow", key: this.#record.functionId, handler };
  }

  /** The run ended without a commit. */
  cancelled(now: number): void {
    this.#giveBack({});
    this.#ended({ status: "cancelled", now });
  }
}

function isRefusal({ op, kind }: Letter, of: number): boolean {
  return op === of && kind === "conflict";
}
