/** A database of runs and events, for as long as a command uses it. */
import { BackstitchError } from "../../runtime/index.ts";
import { EventLog, Moves, Runs, type Store, SystemClock } from "../../runtime/stored-runs.ts";
import { exitCodes, Failure } from "../failure.ts";
import { nameOf, storeOf, withStore } from "../project/databases.ts";

const wrongOptions: readonly string[] = ["BS2012", "BS2013", "BS2050"];

export interface DatabaseOptions {
  readonly database: string;
  readonly app?: string;
}

/** The runs of a database. */
export class Database {
  readonly #store: Store;
  readonly #options: DatabaseOptions;
  readonly #clock = new SystemClock();

  constructor(store: Store, options: DatabaseOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** The runs of the app that is meant. @throws Failure when there are several and none is named */
  async all(): Promise<Runs> {
    return this.#of(await this.#app());
  }

  /** The events of the app that is meant. @throws Failure as `all` does */
  async events(): Promise<EventLog> {
    return new EventLog(await this.#app(), async () => this.#store);
  }

  /** Of a projection of runs that an engine executes: since when it is whole. @throws Failure as `all` does */
  async asOf(): Promise<number | undefined> {
    return this.#store.projection.asOf(await this.#app());
  }

  /** Moves of the app that is meant. @throws Failure as `all` does */
  async moves(): Promise<Moves> {
    return new Moves(await this.#app(), this.#clock, async () => this.#store);
  }

  async #app(): Promise<string> {
    const { app } = this.#options;
    const database = nameOf(this.#options.database);
    const apps = await this.#store.listApps();
    const list = apps.join(", ");
    if (app !== undefined) {
      if (apps.includes(app)) return app;
      throw new Failure(
        `${database} has nothing of app "${app}". It has runs and events of ${list || "none"}.`,
        exitCodes.notFound,
      );
    }
    if (apps.length <= 1) return apps[0] ?? "";
    throw new Failure(
      `${database} has runs and events of several apps: ${list}. Name one with --app.`,
      exitCodes.usage,
    );
  }

  /** The runs among which one is. @throws Failure when it does not exist */
  async around(run: string): Promise<Runs> {
    const { app } = this.#options;
    const database = nameOf(this.#options.database);
    const found = await this.#store.getRun(run);
    if (found && (app ?? found.app) === found.app) return this.#of(found.app);
    const where = app === undefined ? database : `${database}, app "${app}",`;
    throw new Failure(
      `${where} has no run ${run}. \`backstitch runs list\` shows those that there are.`,
      exitCodes.notFound,
    );
  }

  #of(app: string): Runs {
    return new Runs(
      app,
      this.#clock,
      async () => this.#store,
      () => undefined,
    );
  }
}

/** @throws Failure when there is no such database, or what was asked of it is refused */
export async function withDatabase<Value>(
  options: DatabaseOptions,
  use: (database: Database) => Promise<Value>,
): Promise<Value> {
  try {
    return await withStore(storeOf(options.database), (store) => use(new Database(store, options)));
  } catch (error) {
    if (!(error instanceof BackstitchError)) throw error;
    throw new Failure(error.message, wrongOptions.includes(error.code) ? exitCodes.usage : exitCodes.failed);
  }
}
