/** The store over one connection: it opens, closes, and names the operation that failed. The SQL is in the files beside. */
import { resolve } from "node:path";
import type {
  Cancellation,
  ClaimRequest,
  Commit,
  DerivedRun,
  EventKey,
  EventQuery,
  Met,
  NewRun,
  ParkedPage,
  PruneRequest,
  Routing,
  RunQuery,
  StateChange,
  StateKey,
  StepPage,
  StepPruneRequest,
  Store,
  StoredEvent,
  StoreMoves,
  StoreProjection,
  WaitQuery,
} from "../../store.ts";
import type { StoreError } from "../store-error.ts";
import { claim, nextWake, renew } from "./claims.ts";
import { cancel, commit, resume } from "./commits.ts";
import { type Connection, connect, inMemory } from "./connection.ts";
import { listEvents } from "./event-views.ts";
import { putEvents, unroutedEvents } from "./events.ts";
import { storeError } from "./failures.ts";
import { unreadMail } from "./mail.ts";
import { derive, getParked, listOutcomes } from "./origins.ts";
import { projectedAsOf, putProjected } from "./projection.ts";
import { prune, pruneSteps } from "./pruning.ts";
import { route, routeMany } from "./routing.ts";
import { sqliteMoves } from "./sqlite-moves.ts";
import { changeStates, states } from "./states.ts";
import { listSteps } from "./steps.ts";
import { getRun, listApps, listParked, listRuns } from "./views.ts";
import { signal, waitPaths, waitsFor } from "./waits.ts";

export class SqliteStore implements Store {
  readonly moves: StoreMoves;
  readonly projection: StoreProjection = {
    put: async (app, runs, asOf) => this.#perform("put", (db) => putProjected(db, app, runs, asOf)),
    asOf: async (app) => this.#perform("asOf", (db) => projectedAsOf(db, app)),
  };
  readonly #file: string;
  #connection: Connection | undefined;

  constructor(path: string) {
    // Resolved now: a later change of the working directory must not lead to another file.
    this.#file = path === inMemory ? path : resolve(path);
    this.moves = sqliteMoves((operation, work) => this.#perform(operation, work));
  }

  /** The open connection. */
  get connection(): Connection {
    if (this.#connection) return this.#connection;
    throw new Error("the store is not open. Call open() first, and nothing after close()");
  }

  async open(): Promise<void> {
    if (this.#connection) throw this.#failure("open", new Error("the store is open already"));
    try {
      this.#connection = await connect(this.#file);
    } catch (error) {
      throw this.#failure("open", error);
    }
  }

  async close(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async putEvents(events: readonly StoredEvent[]) {
    return this.#perform("putEvents", (db) => putEvents(db, events));
  }

  async unroutedEvents(app: string, limit: number) {
    return this.#perform("unroutedEvents", (db) => unroutedEvents(db, app, limit));
  }

  async route(event: EventKey, runs: readonly NewRun[], met: readonly Met[] = [], routing: Routing = { now: 0 }) {
    return this.#perform("route", (db) => route(db, event, runs, met, routing));
  }

  async routeMany(app: string, events: readonly { readonly id: string; readonly runs: readonly NewRun[] }[]) {
    return this.#perform("routeMany", (db) => routeMany(db, app, events));
  }

  async waitPaths(app: string, name: string) {
    return this.#perform("waitPaths", (db) => waitPaths(db, app, name));
  }

  async waitsFor(query: WaitQuery) {
    return this.#perform("waitsFor", (db) => waitsFor(db, query));
  }

  async states(keys: readonly StateKey[]) {
    return this.#perform("states", (db) => states(db, keys));
  }

  async changeStates(changes: readonly StateChange[], events: readonly StoredEvent[], now: number) {
    return this.#perform("changeStates", (db) => changeStates(db, changes, events, now));
  }

  async signal(app: string, name: string, text: string, now: number) {
    return this.#perform("signal", (db) => signal(db, app, name, text, now));
  }

  async claim(request: ClaimRequest) {
    return this.#perform("claim", (db) => claim(db, request));
  }

  async commit(batch: readonly Commit[]) {
    return this.#perform("commit", (db) => commit(db, batch));
  }

  async renew(held: readonly { run: string; epoch: number }[], now: number, leaseMs: number) {
    return this.#perform("renew", (db) => renew(db, held, now, leaseMs));
  }

  async unreadMail(app: string, worker: string) {
    return this.#perform("unreadMail", (db) => unreadMail(db, app, worker));
  }

  async cancel(run: string, now: number, how: Cancellation) {
    return this.#perform("cancel", (db) => cancel(db, run, now, how));
  }

  async resume(run: string, now: number) {
    return this.#perform("resume", (db) => resume(db, run, now));
  }

  async nextWake(app: string, functions: readonly string[]) {
    return this.#perform("nextWake", (db) => nextWake(db, app, functions));
  }

  async getRun(run: string) {
    return this.#perform("getRun", (db) => getRun(db, run));
  }

  async listRuns(query: RunQuery) {
    return this.#perform("listRuns", (db) => listRuns(db, query));
  }

  async listEvents(query: EventQuery) {
    return this.#perform("listEvents", (db) => listEvents(db, query));
  }

  async listApps() {
    return this.#perform("listApps", listApps);
  }

  async getParked(run: string) {
    return this.#perform("getParked", (db) => getParked(db, run));
  }

  async derive(run: DerivedRun, now: number) {
    return this.#perform("derive", (db) => derive(db, run, now));
  }

  async listOutcomes(run: string, ops: readonly number[]) {
    return this.#perform("listOutcomes", (db) => listOutcomes(db, run, ops));
  }

  async listParked(page: ParkedPage) {
    return this.#perform("listParked", (db) => listParked(db, page));
  }

  async listSteps(run: string, page?: StepPage) {
    return this.#perform("listSteps", (db) => listSteps(db, run, page));
  }

  async prune(request: PruneRequest) {
    return this.#perform("prune", (db) => prune(db, request));
  }

  async pruneSteps(request: StepPruneRequest) {
    return this.#perform("pruneSteps", (db) => pruneSteps(db, request));
  }

  #perform<T>(operation: string, work: (db: Connection) => T): T {
    try {
      return work(this.connection);
    } catch (error) {
      throw this.#failure(operation, error);
    }
  }

  #failure(operation: string, error: unknown): StoreError {
    return storeError(error, this.#file, operation);
  }
}
