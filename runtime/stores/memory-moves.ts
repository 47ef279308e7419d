/** How the runs of a store in memory leave it, and come to it. */
import type {
  Departure,
  Move,
  MovedEvent,
  MovedItem,
  MovedPage,
  MovedRecord,
  MovedRecords,
  MovedRun,
  MovedRunsPage,
  MovedState,
  NewWait,
  ProjectedRun,
  Settlement,
  StoreMoves,
  StoreProjection,
} from "../store.ts";
import type { MemoryEvents } from "./memory-events.ts";
import { movedOf, pageOf, recordsBehind } from "./memory-moved.ts";
import { compareText, end, queuedRun, type Run, recordStep } from "./memory-runs.ts";
import type { MemorySlots } from "./memory-slots.ts";
import type { MemoryStates } from "./memory-states.ts";
import type { MemoryWaits } from "./memory-waits.ts";
import {
  hasRunsOfItsOwn,
  holdsNoTransactions,
  isArriving,
  isAway,
  isDoubled,
  isLeaving,
  isNotWhole,
  isProjected,
  isSettled,
  isThere,
  lacksEvents,
  maySettle,
  projectionMove,
  statusOnArrival,
} from "./moved-rows.ts";

/** What the store has. */
export interface MemoryParts {
  readonly runs: Map<string, Run>;
  readonly events: MemoryEvents;
  readonly waits: MemoryWaits;
  readonly slots: MemorySlots;
  readonly states: MemoryStates;
  /** Tells ops of other runs that they have their slots. */
  readonly tellSlot: (run: string, op: number, now: number) => void;
  readonly addWaits: (run: Run, waits: readonly NewWait[], now: number) => void;
}

interface KeptMove extends Move {
  readonly way: "out" | "into";
  state: "begun" | "frozen" | "over";
}

const location = "memory";

export class MemoryMoves implements StoreMoves {
  readonly #parts: MemoryParts;
  readonly #moves: KeptMove[] = [];
  /** What is `moving`, with its move and what it was before. */
  readonly #runs = new Map<string, { readonly move: string; readonly status: MovedRun["status"] }>();
  readonly #queued = new Map<string, string[]>();
  /** Apps of which there is a projection, with when it was whole. */
  readonly #projected = new Map<string, number>();
  readonly projection: StoreProjection = {
    asOf: async (app) => this.#projected.get(app) || undefined,
    put: async (app, runs, asOf = 0) => {
      const isOwn = this.#of(app).length > 0 || this.#parts.events.stored(app).length > 0;
      if (!this.#projected.has(app) && isOwn) throw hasRunsOfItsOwn(app, location);
      if (!this.isAway(app)) this.#moves.push({ id: projectionMove(app), app, way: "out", state: "over" });
      this.#projected.set(app, Math.max(asOf, this.#projected.get(app) ?? 0));
      for (const run of runs) this.#project(app, run);
    },
  };

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  #project(app: string, { revision, stepsRemoved: _, ...run }: ProjectedRun): void {
    const { runs, events } = this.#parts;
    const there = runs.get(run.id);
    if (there && (there.app !== app || there.seq >= revision)) return;
    events.insert([run.event]);
    events.setRouted(run.event, true);
    const fresh = queuedRun({ ...run, eventId: run.event.id, wakeAt: 0 }, run.event);
    runs.set(run.id, { ...fresh, ...run, parent: run.parent, origin: run.origin, epoch: 1, seq: revision });
  }

  isAway(app: string): boolean {
    return this.#moves.some((each) => each.app === app && each.way === "out");
  }

  /** @throws StoreError when the app leaves, or has left */
  refuseAway(app: string, operation: string): void {
    const move = this.#moves.find((each) => each.app === app && each.way === "out");
    if (move) throw isAway(app, move.id, { location, operation });
  }

  /** @throws StoreError when an engine executes the runs of the app */
  refuseProjected(app: string, operation: string): void {
    if (this.#projected.has(app)) throw isProjected(app, { location, operation });
  }

  /** As `refuseAway`, once nobody holds a run any more: those who do may still change what decides on them. */
  refuseGone(app: string, operation: string): void {
    if (this.#departure(app)?.state !== "begun") this.refuseAway(app, operation);
  }

  async leave({ id, app }: Move, now: number): Promise<Departure> {
    this.refuseProjected(app, "leave");
    const arriving = this.#arriving(app);
    if (arriving) throw isArriving(app, arriving.id, { location, operation: "leave" });
    let move = this.#departure(app);
    if (move === undefined) {
      move = { id, app, way: "out", state: "begun" };
      this.#moves.push(move);
    }
    const departure = { id: move.id, app };
    if (move.state === "frozen") return { ...departure, held: [] };
    const held = this.#of(app).flatMap(({ id: run, lease }) =>
      lease && lease.until >= now ? [{ run, worker: lease.worker, leaseUntil: lease.until }] : [],
    );
    if (held.length === 0) this.#freeze(move, now);
    return { ...departure, held };
  }

  #freeze(move: KeptMove, now: number): void {
    const { events } = this.#parts;
    const going = this.#of(move.app).filter(({ endedAt }) => endedAt === null);
    for (const run of going.filter(({ lease }) => lease)) {
      Object.assign(run, { epoch: run.epoch + 1, lostClaims: run.lostClaims + 1, lease: undefined });
    }
    this.#giveBackSlots(going, now);
    for (const run of going) {
      this.#runs.set(run.id, { move: move.id, status: run.status as MovedRun["status"] });
      run.status = "moving";
    }
    const queued = events.unrouted(move.app, Number.POSITIVE_INFINITY).map(({ id }) => id);
    for (const id of queued) events.setRouted({ app: move.app, id }, true);
    this.#queued.set(move.id, queued);
    move.state = "frozen";
  }

  /** Their ops ask anew when they are claimed: so they are due, and are not told of slots that they have no more. */
  #giveBackSlots(going: readonly Run[], now: number): void {
    const { slots, tellSlot } = this.#parts;
    const asking = going.filter(({ id }) => slots.of(id).length > 0);
    for (const { id } of asking) for (const served of slots.giveBack(id)) tellSlot(served.run, served.op, now);
    for (const run of asking) {
      run.mail = run.mail.filter(({ kind }) => kind !== "slot");
      if (run.status === "running") run.wakeAt = now;
    }
  }

  async events(move: Move, { after = 0, limit }: { readonly after?: number; readonly limit: number }) {
    const queued = new Set(this.#queued.get(move.id));
    const isLate = this.#moves.some(({ app, way, state }) => app === move.app && way === "out" && state === "over");
    const all = this.#parts.events
      .stored(move.app)
      .filter(({ event, routed }) => queued.has(event.id) || (routed && !isLate))
      .map(({ event, stray }): MovedEvent => {
        const fate = queued.has(event.id) ? "queued" : (stray?.fate ?? "taken");
        return { ...event, fate, ...(stray?.problem !== undefined && { problem: stray.problem }) };
      });
    this.#refuseSettled(move);
    return pageOf(all, after, limit);
  }

  async states(
    move: Move,
    { after = 0, limit }: { readonly after?: number; readonly limit: number },
  ): Promise<MovedPage<MovedState>> {
    this.#refuseSettled(move);
    return pageOf(this.#parts.states.of(move.app), after, limit);
  }

  async runs({ id, app }: Move, { which, after = "", limit }: MovedRunsPage): Promise<MovedRun[]> {
    this.#refuseSettled({ id, app });
    const isMeant = (run: Run) => {
      if (which === "going") return this.#runs.get(run.id)?.move === id;
      const isOver = run.endedAt !== null && run.status !== "moved";
      return isOver && (which === "ended" || which.includes(run.id));
    };
    return this.#of(app)
      .filter((run) => run.id > after && isMeant(run))
      .sort((a, b) => compareText(a.id, b.id))
      .slice(0, limit)
      .map((run) => movedOf(run, this.#runs.get(run.id)?.status, this.#parts.waits.of(run.id)));
  }

  async records(
    run: string,
    { after, limit }: { readonly after?: { readonly op: number; readonly attempt: number }; readonly limit: number },
  ): Promise<MovedRecord[]> {
    return recordsBehind(this.#parts.runs.get(run), after).slice(0, limit);
  }

  async settle({ id, app }: Move, how: Settlement, now: number): Promise<boolean> {
    const move = this.#departure(app);
    if (move?.id !== id || !maySettle(move.state, how)) return false;
    if (how !== "confirm") {
      this.#letGo(id, app, now);
      this.#moves.splice(this.#moves.indexOf(move), 1);
      return true;
    }
    const { runs, events, waits, states } = this.#parts;
    for (const [run, { move: of }] of this.#runs) {
      const moved = runs.get(run);
      if (of !== id || moved === undefined) continue;
      end(moved, "moved", now);
      moved.mail = [];
      waits.removeOf(run);
      this.#runs.delete(run);
    }
    for (const event of this.#queued.get(id) ?? []) events.remove({ app, id: event });
    states.removeOf(app);
    this.#queued.delete(id);
    move.state = "over";
    return true;
  }

  async arrival({ id }: Move): Promise<"none" | "begun" | "over"> {
    const state = this.#moves.find((move) => move.id === id && move.way === "into")?.state;
    return state === undefined ? "none" : state === "over" ? "over" : "begun";
  }

  async arrive(move: Move, items: readonly MovedItem[], now: number): Promise<void> {
    const state = await this.arrival(move);
    if (state === "over") return;
    const { id, app } = move;
    this.refuseProjected(app, "arrive");
    const departure = this.#departure(app);
    if (departure) throw isLeaving(app, departure.id, location);
    const other = this.#arriving(app);
    if (other && other.id !== id) throw isArriving(app, other.id, { location, operation: "arrive" });
    for (const item of items) if ("run" in item) this.#check(item.run, move, items);
    if (state === "none") this.#moves.push({ id, app, way: "into", state: "begun" });
    for (const item of items) {
      if ("event" in item) this.#putEvent(id, item.event);
      else if ("run" in item) this.#putRun(move, item.run, now);
      else if ("steps" in item) this.#putRecords(id, item.steps);
      else this.#parts.states.add({ app, ...item.state });
    }
  }

  /** A run that goes on here has records of its own. */
  #putRecords(move: string, { run: id, records }: MovedRecords): void {
    const run = this.#parts.runs.get(id);
    if (run === undefined || (run.endedAt === null && this.#runs.get(id)?.move !== move)) return;
    for (const record of records) recordStep(run.steps, record);
  }

  /** Before anything is stored: what is refused is refused as a whole. */
  #check(run: MovedRun, { id: move, app }: Move, items: readonly MovedItem[]): void {
    if (run.transactions?.length) throw holdsNoTransactions(run, location);
    const there = this.#parts.runs.get(run.id);
    if (run.endedAt !== null) return;
    if (there && there.status !== "moved") {
      if (this.#runs.get(run.id)?.move !== move) throw isThere(run, location);
      return;
    }
    const twin = [...this.#parts.runs.values()].find(
      ({ id, app: of, functionId, event, origin, status }) =>
        of === app &&
        event.id === run.eventId &&
        functionId === run.functionId &&
        !origin &&
        !run.origin &&
        status !== "moved" &&
        this.#runs.get(id)?.move !== move,
    );
    if (twin) throw isDoubled(run, twin.id, location);
    const comes = new Set(items.flatMap((item) => ("event" in item ? [item.event.id] : [])));
    const isThereOrComes = (id: string) => comes.has(id) || this.#parts.events.get({ app, id }) !== undefined;
    if (![run.eventId, ...run.joined].every(isThereOrComes)) throw lacksEvents(run, location);
  }

  #putEvent(move: string, { fate, problem, ...event }: MovedEvent): void {
    const { events } = this.#parts;
    if (events.get(event)) {
      // It was sent to both: what it starts has been started, by the one that comes.
      const isArriving = this.#queued.get(move)?.includes(event.id);
      if (fate !== "queued" && !isArriving) events.routedAs(event);
      return;
    }
    events.insert([event]);
    events.setRouted(event, true);
    if (fate === "queued") this.#queued.set(move, [...(this.#queued.get(move) ?? []), event.id]);
    if (fate === "unwanted" || fate === "unfit") {
      events.strays(event, { fate, ...(problem !== undefined && { problem }) });
    }
  }

  #putRun({ id: move, app }: Move, run: MovedRun, now: number): void {
    const { runs, events, addWaits } = this.#parts;
    const there = runs.get(run.id);
    if (there && there.status !== "moved") return;
    const {
      eventId,
      joined,
      parent,
      origin,
      stepsRemoved,
      mail,
      waits,
      records: _,
      transactions: _none,
      ...rest
    } = run;
    const eventOf = (id: string) => events.get({ app, id })?.event;
    const event = eventOf(eventId);
    if (event === undefined) throw lacksEvents(run, location);
    const stored: Run = {
      ...rest,
      ...{ app, event, joined: joined.flatMap((id) => eventOf(id) ?? []), parent, origin, stepsRemoved },
      ...{ status: statusOnArrival(run), mail: [...mail], lease: undefined, steps: new Map() },
    };
    runs.set(run.id, stored);
    if (run.endedAt === null) this.#runs.set(run.id, { move, status: run.status });
    addWaits(stored, waits, now);
  }

  async drop({ id, app }: Move): Promise<boolean> {
    const arriving = this.#arriving(app);
    if (arriving?.id !== id) return false;
    const { runs, events, waits, states } = this.#parts;
    for (const [run, { move }] of this.#runs) {
      if (move !== id) continue;
      runs.delete(run);
      waits.removeOf(run);
      states.forgetRun(run);
      this.#runs.delete(run);
    }
    for (const event of this.#queued.get(id) ?? []) events.remove({ app, id: event });
    this.#queued.delete(id);
    this.#moves.splice(this.#moves.indexOf(arriving), 1);
    return true;
  }

  async release(move: Move, runs: number, now: number): Promise<void> {
    if ((await this.arrival(move)) === "over") return;
    const arrived = this.#arriving(move.app);
    const came = [...this.#runs.values()].filter((run) => run.move === move.id).length;
    if (arrived?.id !== move.id || came !== runs) throw isNotWhole(move, location);
    this.#letGo(move.id, move.app, now);
    const left = this.#moves.filter(({ app, way }) => app === move.app && way === "out");
    for (const each of left) this.#moves.splice(this.#moves.indexOf(each), 1);
    arrived.state = "over";
  }

  /** Its runs go on, and its events are to be routed. */
  #letGo(move: string, app: string, now: number): void {
    for (const [id, { move: of, status }] of this.#runs) {
      const run = this.#parts.runs.get(id);
      if (of !== move || run === undefined) continue;
      run.status = status;
      if (status === "running" && run.mail.length > 0) run.wakeAt = Math.min(run.wakeAt ?? now, now);
      this.#runs.delete(id);
    }
    for (const id of this.#queued.get(move) ?? []) this.#parts.events.setRouted({ app, id }, false);
    this.#queued.delete(move);
  }

  /** Whether the app comes by a move that is not over. */
  isComing(app: string): boolean {
    return this.#arriving(app) !== undefined;
  }

  #refuseSettled(move: Move): void {
    const departure = this.#departure(move.app);
    if (departure?.id !== move.id || departure.state !== "frozen") throw isSettled(move, location);
  }

  #arriving(app: string): KeptMove | undefined {
    return this.#moves.find((move) => move.app === app && move.way === "into" && move.state === "begun");
  }

  #departure(app: string): KeptMove | undefined {
    return this.#moves.find((move) => move.app === app && move.way === "out" && move.state !== "over");
  }

  #of(app: string): Run[] {
    return [...this.#parts.runs.values()].filter((run) => run.app === app);
  }
}
