/** The store over one pool: it opens, closes, and names the operation that failed. The SQL is in the files beside. */

import type { StepContext } from "../../step-place.ts";
import type {
  Cancellation,
  Claim,
  ClaimRequest,
  Commit,
  DerivedRun,
  EventKey,
  EventQuery,
  Met,
  NewRun,
  OutputSeal,
  ParkedPage,
  PruneRequest,
  Routing,
  RunQuery,
  StateChange,
  StateKey,
  StepPage,
  StepPruneRequest,
  StoredEvent,
  StoreProjection,
  WaitQuery,
} from "../../store.ts";
import type { StoreError } from "../store-error.ts";
import { refuseAway, refuseProjectedRun } from "./away.ts";
import { claim, giveBackClaims, nextWake, renew } from "./claims.ts";
import { cancel, commit, resume } from "./commits.ts";
import { connect, type Database, type DatabaseSettings } from "./database.ts";
import { listEvents } from "./event-views.ts";
import { putEvents, unroutedEvents } from "./events.ts";
import { isUnanswered, storeError } from "./failures.ts";
import { unreadMail } from "./mail.ts";
import { Notices } from "./notices.ts";
import { derive, getParked, listOutcomes } from "./origins.ts";
import { postgresMoves } from "./postgres-moves.ts";
import { projectedAsOf, putProjected } from "./projection.ts";
import { prune, pruneSteps } from "./pruning.ts";
import { route, routeMany } from "./routing.ts";
import { migrate } from "./schema.ts";
import { changeStates, states } from "./states.ts";
import { listSteps } from "./steps.ts";
import type { TransactionalStore, TransactionOptions, TransactionWork } from "./transactional-store.ts";
import { checkedTransaction, Transactions } from "./transactions.ts";
import { getRun, listApps, listParked, listRuns } from "./views.ts";
import { signal, waitPaths, waitsFor } from "./waits.ts";

/** A claim whose answer did not come. It may still be executed. */
interface LostCall {
  readonly worker: string;
  readonly call: number;
  /** From then on it cannot be executed any more. */
  readonly overAt: number;
}

export class PostgresStore implements TransactionalStore {
  readonly onWork: TransactionalStore["onWork"];
  readonly writesElsewhere = true;
  readonly moves = postgresMoves((operation, work) => this.#perform(operation, work));
  readonly projection: StoreProjection = {
    put: (app, runs, asOf) =>
      this.#perform("put", (db) => db.transaction((session) => putProjected(session, db.location, app, runs, asOf))),
    asOf: (app) => this.#perform("asOf", (db) => projectedAsOf(db, app)),
  };
  readonly #settings: DatabaseSettings;
  readonly #transactions: Transactions;
  readonly #notices: Notices | undefined;
  #database: Database | undefined;
  #calls = 0;
  #lostCalls: readonly LostCall[] = [];

  /** @param notifies whether processes tell one another of work */
  constructor(settings: DatabaseSettings, notifies: boolean) {
    this.#settings = settings;
    this.#transactions = new Transactions(settings);
    const notices = notifies ? new Notices(settings) : undefined;
    this.#notices = notices;
    this.onWork = notices && ((app, listener) => notices.listen(app, listener));
  }

  /** The open database. */
  get database(): Database {
    if (this.#database) return this.#database;
    throw new Error("the store is not open. Call open() first, and nothing after close()");
  }

  async open(): Promise<void> {
    if (this.#database) throw this.#failure("open", new Error("the store is open already"));
    let database: Database | undefined;
    try {
      database = await connect(this.#settings, (app) => this.#notices?.tell(app));
      await migrate(database);
      this.#notices?.begin(database);
      this.#database = database;
    } catch (error) {
      await database?.close();
      throw this.#failure("open", error);
    }
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await this.#notices?.close();
    await this.#transactions.close();
    await database?.close();
  }

  sealOutputs(sealed: OutputSeal, opened: OutputSeal): void {
    this.#transactions.sealOutputs(sealed, opened);
  }

  async transaction<Output>(context: StepContext, work: TransactionWork<Output>, options: TransactionOptions = {}) {
    const asked = checkedTransaction(context, work, options);
    const db = await this.#perform("transaction", async (database) => database);
    return this.#transactions.run(db, asked);
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
    return this.#perform("signal", (db) =>
      db.transaction(async (session) => {
        await refuseAway(session, db.location, app, "signal");
        return signal(session, app, name, text, now);
      }),
    );
  }

  async claim(request: ClaimRequest) {
    return this.#perform("claim", (db) => this.#claim(db, request));
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
    return this.#perform("cancel", (db) =>
      db.transaction(async (session) => {
        await refuseProjectedRun(session, db.location, run, "cancel");
        return cancel(session, run, now, how);
      }),
    );
  }

  async resume(run: string, now: number) {
    return this.#perform("resume", async (db) => {
      await refuseProjectedRun(db, db.location, run, "resume");
      return resume(db, run, now);
    });
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
    return this.#perform("getParked", (db) => db.snapshot((session) => getParked(session, run)));
  }

  async derive(run: DerivedRun, now: number) {
    return this.#perform("derive", (db) => db.transaction((session) => derive(session, db.location, run, now)));
  }

  async listOutcomes(run: string, ops: readonly number[]) {
    return this.#perform("listOutcomes", (db) => listOutcomes(db, run, ops));
  }

  async listParked(page: ParkedPage) {
    return this.#perform("listParked", (db) => db.snapshot((session) => listParked(session, page)));
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

  /**
   * A claim whose answer is lost may have leased runs to a worker that does not know of them, and nobody would take them
   * while it lives: its later claims give them back.
   */
  async #claim(db: Database, request: ClaimRequest): Promise<Claim[]> {
    const { worker, app, now, leaseMs } = request;
    this.#lostCalls = this.#lostCalls.filter(({ overAt }) => overAt > now);
    const lost = this.#lostCalls.filter((call) => call.worker === worker).map(({ call }) => call);
    if (lost.length > 0) await giveBackClaims(db, worker, app, lost);
    this.#calls += 1;
    const call = this.#calls;
    try {
      return await claim(db, request, call);
    } catch (error) {
      if (isUnanswered(error)) this.#lostCalls = [...this.#lostCalls, { worker, call, overAt: now + leaseMs }];
      throw error;
    }
  }

  async #perform<T>(operation: string, work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await work(this.database);
    } catch (error) {
      throw this.#failure(operation, error);
    }
  }

  #failure(operation: string, error: unknown): StoreError {
    return storeError(error, this.#settings.location, operation);
  }
}
