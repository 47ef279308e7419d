/**
 * A store in memory: the reference model of the contract, for tests and the test runtime.
 *
 * It is written to be read against `store.ts`, not to be fast: claims and lists walk all runs. It owns its records; the
 * texts in them are immutable, so that nothing a caller does later changes them. Nothing survives the process (S1).
 */
import type {
  Cancellation,
  Claim,
  ClaimRequest,
  Commit,
  CommitResult,
  DerivedRun,
  EventKey,
  EventQuery,
  EventView,
  JoinedRun,
  Mail,
  Met,
  NewRun,
  NewWait,
  ParkedPage,
  ParkedRun,
  ParkedState,
  Pruned,
  PrunedSteps,
  PruneRequest,
  RecordedOutcome,
  Routing,
  RunPage,
  RunQuery,
  RunView,
  StateChange,
  StateKey,
  StepPage,
  StepPruneRequest,
  Store,
  StoredEvent,
  StoredState,
  StoredStep,
  StoredWait,
  WaitQuery,
} from "../store.ts";
import { MemoryEvents } from "./memory-events.ts";
import { MemoryMoves } from "./memory-moves.ts";
import { prune, pruneSteps } from "./memory-pruning.ts";
import {
  apply,
  compareText,
  derivedRun,
  end,
  isDue,
  isFree,
  isListed,
  joinRun,
  listedSteps,
  outcomesOf,
  parkedRun,
  queuedRun,
  type Run,
  stateOf,
  take,
  versionOf,
  view,
} from "./memory-runs.ts";
import { MemorySlots } from "./memory-slots.ts";
import { MemoryStates } from "./memory-states.ts";
import { MemoryWaits } from "./memory-waits.ts";
import { cannotRoute } from "./store-error.ts";

class MemoryStore implements Store {
  readonly #events = new MemoryEvents();
  readonly #runs = new Map<string, Run>();
  readonly #waits = new MemoryWaits();
  readonly #slots = new MemorySlots();
  readonly #states = new MemoryStates();
  readonly moves = new MemoryMoves({
    ...{ runs: this.#runs, events: this.#events, waits: this.#waits, slots: this.#slots, states: this.#states },
    tellSlot: (run, op, now) => this.#deliver(run, { op, kind: "slot", text: null, receivedAt: now }),
    addWaits: (run, waits, now) => this.#addWaits(run, waits, now),
  });

  readonly projection = this.moves.projection;

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async putEvents(events: readonly StoredEvent[]): Promise<void> {
    this.#events.insert(events);
  }

  async unroutedEvents(app: string, limit: number): Promise<StoredEvent[]> {
    return this.moves.isAway(app) ? [] : this.#events.unrouted(app, limit);
  }

  async route(
    event: EventKey,
    runs: readonly NewRun[],
    met: readonly Met[] = [],
    { joins = [], states = [], stray, now }: Routing = { now: 0 },
  ): Promise<"routed" | "conflict"> {
    const stored = this.#events.get(event);
    const foreign = runs.find((run) => run.eventId !== event.id || run.app !== event.app);
    if (!stored || foreign) throw cannotRoute("memory", event, foreign);
    this.moves.refuseAway(event.app, "route");
    if (stored.routed) return "routed";
    const mayJoin = joins.every((join) => this.#joined(join.run).is === "waiting");
    if (!mayJoin || !this.#states.allHold(states)) return "conflict";
    stored.routed = true;
    this.#events.strays(event, stray);
    const { receivedAt } = stored.event;
    for (const run of runs) {
      if (this.#runs.has(run.id)) continue;
      this.#runs.set(run.id, queuedRun(run, stored.event));
      this.#addWaits(run, run.waits, receivedAt);
    }
    for (const join of joins) joinRun(this.#runs.get(join.run) as Run, stored.event, join);
    this.#states.put(states, now);
    for (const { wait, text } of met) {
      if (this.#waits.remove(wait.id)) this.#deliver(wait.run, { op: wait.op, kind: wait.kind, text, receivedAt });
    }
    return "routed";
  }

  async routeMany(app: string, events: readonly { readonly id: string; readonly runs: readonly NewRun[] }[]) {
    for (const { id, runs } of events) if (this.#events.get({ app, id })) await this.route({ app, id }, runs);
  }

  async states(keys: readonly StateKey[]): Promise<StoredState[]> {
    return keys.map((key) => this.#states.get(key, (id) => this.#joined(id)));
  }

  async changeStates(
    changes: readonly StateChange[],
    events: readonly StoredEvent[],
    now: number,
  ): Promise<"ok" | "conflict"> {
    for (const { app } of changes) this.moves.refuseGone(app, "changeStates");
    if (!this.#states.allHold(changes)) return "conflict";
    this.#states.put(changes, now);
    this.#events.insert(events);
    return "ok";
  }

  #joined(id: string): JoinedRun {
    const run = this.#runs.get(id);
    if (!run || run.endedAt !== null) return { id, is: "over" };
    return { id, is: run.epoch === 0 && run.status === "running" ? "waiting" : "begun" };
  }

  async waitPaths(app: string, name: string): Promise<string[]> {
    return this.#waits.paths(app, name);
  }

  async waitsFor(query: WaitQuery): Promise<StoredWait[]> {
    return this.#waits.find(query);
  }

  async signal(app: string, name: string, text: string, now: number): Promise<string | undefined> {
    this.moves.refuseAway(app, "signal");
    return this.#signal(app, name, text, now);
  }

  #signal(app: string, name: string, text: string, now: number): string | undefined {
    const holder = this.#waits.signalHolder(app, name);
    if (holder === undefined) return undefined;
    this.#waits.remove(holder.id);
    this.#deliver(holder.run, { op: holder.op, kind: "signal", text, receivedAt: now });
    return holder.run;
  }

  async claim(request: ClaimRequest): Promise<Claim[]> {
    if (this.moves.isAway(request.app)) return [];
    return [...this.#runs.values()]
      .filter((run) => isDue(run, request) && isFree(run, request) && !request.except?.includes(run.id))
      .sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0) || compareText(a.id, b.id))
      .slice(0, request.limit)
      .map((run) => {
        const slots = this.#slots.of(run.id);
        return { ...take(run, request), ...(slots.length > 0 && { slots }) };
      });
  }

  async commit(batch: readonly Commit[]): Promise<CommitResult[]> {
    return batch.map((commit) => {
      const run = this.#runs.get(commit.run);
      if (run?.epoch === commit.epoch && run.seq - 1 === commit.seq) return this.#answerAgain(run);
      if (run?.epoch !== commit.epoch || run.status !== "running") return "fenced";
      if (run.seq !== (commit.seq ?? run.seq)) return "fenced";
      apply(run, commit);
      this.#events.insert(commit.events ?? []);
      const { unfit } = commit;
      if (unfit) this.#events.strays({ app: run.app, id: unfit.event }, { fate: "unfit", problem: unfit.problem });
      if (run.endedAt !== null) this.#ended(run, commit.output ?? commit.error ?? null, commit.now);
      else {
        this.#waits.removeOf(run.id, commit.unwait ?? []);
        this.#addWaits(run, commit.waits, commit.now);
        this.#sendSignals(run, commit);
      }
      return this.#exchangeSlots(run, commit);
    });
  }

  async renew(held: readonly { run: string; epoch: number }[], now: number, leaseMs: number): Promise<string[]> {
    const lost: string[] = [];
    for (const { run: id, epoch } of held) {
      const run = this.#runs.get(id);
      if (run?.epoch !== epoch) lost.push(id);
      else if (run.lease) run.lease = { worker: run.lease.worker, until: now + leaseMs };
    }
    return lost;
  }

  async unreadMail(app: string, worker: string): Promise<{ run: string; mail: Mail[] }[]> {
    return [...this.#runs.values()]
      .filter((run) => run.app === app && run.lease?.worker === worker && run.mail.length > 0)
      .map(({ id, mail }) => ({ run: id, mail: [...mail] }));
  }

  async cancel(id: string, now: number, { unwind, events = [] }: Cancellation): Promise<boolean> {
    const run = this.#runs.get(id);
    if (run) this.moves.refuseProjected(run.app, "cancel");
    if (!run || run.endedAt !== null || run.status === "moving") return false;
    if (unwind && run.status === "running" && (run.seq > 0 || run.lease)) {
      this.#deliver(id, { op: 0, kind: "cancel", text: null, receivedAt: now });
      return true;
    }
    run.epoch += 1;
    end(run, "cancelled", now);
    this.#events.insert(events);
    this.#ended(run, null, now);
    for (const { run: next, op } of this.#slots.giveBack(id)) {
      this.#deliver(next, { op, kind: "slot", text: null, receivedAt: now });
    }
    return true;
  }

  async resume(id: string, now: number): Promise<boolean> {
    const run = this.#runs.get(id);
    if (run) this.moves.refuseProjected(run.app, "resume");
    if (run?.status !== "blocked") return false;
    Object.assign(run, { status: "running", error: null, wakeAt: now, updatedAt: now });
    return true;
  }

  async nextWake(app: string, functions: readonly string[]): Promise<number | undefined> {
    this.moves.refuseAway(app, "nextWake");
    const times = [...this.#runs.values()]
      .filter((run) => run.app === app && functions.includes(run.functionId))
      .filter((run) => run.status === "running" && !run.lease)
      .flatMap((run) => run.wakeAt ?? []);
    return times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : undefined;
  }

  async getRun(id: string): Promise<RunView | undefined> {
    const run = this.#runs.get(id);
    return run && view(run);
  }

  async listRuns(query: RunQuery): Promise<RunPage> {
    const runs = [...this.#runs.values()]
      .filter((run) => isListed(run, query))
      .sort((a, b) => compareText(b.id, a.id))
      .slice(0, query.limit)
      .map(view);
    const next = runs.length === query.limit ? runs.at(-1)?.id : undefined;
    return { runs, ...(next !== undefined && { next }) };
  }

  async listEvents(query: EventQuery): Promise<EventView[]> {
    return this.#events.list(query);
  }

  async listApps(): Promise<string[]> {
    return this.#events.apps();
  }

  async getParked(id: string): Promise<ParkedState | undefined> {
    const run = this.#runs.get(id);
    return run?.endedAt === null ? stateOf(run, this.#waits.of(id)) : undefined;
  }

  async derive(run: DerivedRun, now: number): Promise<boolean> {
    const of = this.#runs.get(run.origin.run);
    if (this.#runs.has(run.id)) return true;
    if (of) this.moves.refuseAway(of.app, "derive");
    if (!of || (run.state && (of.endedAt !== null || versionOf(of) !== run.state.version))) return false;
    const made = derivedRun(run, of, now);
    this.#runs.set(run.id, made);
    this.#addWaits(made, run.state?.waits, now);
    return true;
  }

  async listOutcomes(id: string, ops: readonly number[]): Promise<RecordedOutcome[]> {
    const run = this.#runs.get(id);
    return run ? outcomesOf(run, ops) : [];
  }

  async listParked({ after, limit }: ParkedPage): Promise<ParkedRun[]> {
    return [...this.#runs.values()]
      .filter((run) => run.endedAt === null && (after === undefined || run.id > after))
      .sort((a, b) => compareText(a.id, b.id))
      .slice(0, limit)
      .map(parkedRun);
  }

  async prune(request: PruneRequest): Promise<Pruned> {
    return prune(this.#runs, this.#events, request, this.moves.isComing(request.app));
  }

  async pruneSteps(request: StepPruneRequest): Promise<PrunedSteps> {
    return pruneSteps(this.#runs, request);
  }

  async listSteps(id: string, page: StepPage = {}): Promise<StoredStep[]> {
    const run = this.#runs.get(id);
    return run ? listedSteps(run, page) : [];
  }

  /** Puts mail on a run that has not ended, and makes it due. */
  #deliver(id: string, mail: Omit<Mail, "seq">): void {
    const run = this.#runs.get(id);
    if (!run || run.endedAt !== null) return;
    run.mail.push({ ...mail, seq: ++run.mailed });
    if (run.status === "running") run.wakeAt = mail.receivedAt;
  }

  /** For a commit that was written before. */
  #answerAgain({ id }: Run): CommitResult {
    const granted = this.#slots.of(id).flatMap((slot) => (slot.granted ? [slot.op] : []));
    return granted.length > 0 ? { granted } : "ok";
  }

  #exchangeSlots({ id, status }: Run, { giveBack = [], acquire = [], now }: Commit): CommitResult {
    const served = this.#slots.giveBack(id, status === "running" ? giveBack : undefined);
    served.push(...acquire.flatMap((request) => this.#slots.acquire(id, request)));
    const others = served.filter(({ run }) => run !== id);
    for (const { run, op } of others) this.#deliver(run, { op, kind: "slot", text: null, receivedAt: now });
    const granted = served.filter(({ run }) => run === id).map(({ op }) => op);
    return granted.length > 0 ? { granted } : "ok";
  }

  #sendSignals({ id, app }: Run, { signals = [], now }: Commit): void {
    for (const { op, name, text } of signals) {
      const from = this.#signal(app, name, text, now);
      this.#deliver(id, { op, kind: "sent", text: null, receivedAt: now, ...(from !== undefined && { from }) });
    }
  }

  #addWaits(
    { id, app }: { readonly id: string; readonly app: string },
    waits: readonly NewWait[] = [],
    now: number,
  ): void {
    for (const wait of waits) {
      const holder = wait.kind === "signal" ? this.#waits.signalHolder(app, wait.name) : undefined;
      const told = { text: null, receivedAt: now };
      if (holder && wait.onConflict !== "replace") {
        this.#deliver(id, { ...told, op: wait.op, kind: "conflict" });
        continue;
      }
      if (holder) {
        this.#waits.remove(holder.id);
        this.#deliver(holder.run, { ...told, op: holder.op, kind: "replaced" });
      }
      this.#waits.add(app, id, wait);
    }
  }

  /** Nothing comes for it any more, and the op that waits for it hears how it ended. */
  #ended(run: Run, text: string | null, now: number): void {
    run.mail = [];
    this.#waits.removeOf(run.id);
    this.#states.forgetRun(run.id);
    const { parent } = run;
    const told = { kind: run.status as Mail["kind"], text, receivedAt: now, from: run.id };
    if (parent) this.#deliver(parent.run, { op: parent.op, ...told });
  }
}

/**
 * Makes a store that lives in memory, for tests. Its data goes with the object; `close` keeps them.
 *
 * @example
 * ```ts
 * const client = new Backstitch({ id: "shop", store: memoryStore() });
 * ```
 */
export function memoryStore(): Store {
  return new MemoryStore();
}
