/**
 * Tells workers of other processes that there is work, by NOTIFY, so that idle ones need not wait for their next look. A hint
 * and no more: what is lost (behind a pooler that shares connections, or while this one is being made again) is found by
 * looking. Only what may need an idle worker is told, at most once in a while for each app, and in no transaction: a NOTIFY
 * in a commit would let all commits of the server go one after the other.
 */
import type { Client } from "pg";
import type { Database, DatabaseSettings } from "./database.ts";
import { driver } from "./database.ts";

const pauseMs = 10;
const reconnectMs = 1_000;

export class Notices {
  readonly #settings: DatabaseSettings;
  readonly #channel: string;
  readonly #listeners = new Set<{ readonly app: string; readonly call: () => void }>();
  readonly #told = new Set<string>();
  #database: Database | undefined;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
    this.#channel = `backstitch_${settings.schema}`;
  }

  begin(database: Database): void {
    this.#database = database;
  }

  tell(app: string): void {
    const isUnderWay = this.#told.size > 0;
    this.#told.add(app);
    if (isUnderWay) return;
    setTimeout(() => {
      this.#sending = this.#send();
    }, pauseMs).unref();
  }

  listen(app: string, call: () => void): () => void {
    const listener = { app, call };
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.#connect();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#disconnect();
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#disconnect();
    await this.#sending;
    this.#database = undefined;
  }

  async #send(): Promise<void> {
    const apps = [...this.#told];
    this.#told.clear();
    try {
      await this.#database?.run("SELECT pg_notify($1, app) FROM unnest($2::text[]) AS app", this.#channel, apps);
    } catch {
      // Workers find the work by looking.
    }
  }

  async #connect(): Promise<void> {
    const { config, location } = this.#settings;
    const { Client } = await driver(location);
    if (this.#client !== undefined || this.#listeners.size === 0) return;
    const client = new Client(config);
    this.#client = client;
    client.on("error", () => {});
    client.on("end", () => this.#connectAgain(client));
    client.on("notification", ({ payload }) => {
      for (const { app, call } of this.#listeners) if (app === payload) call();
    });
    try {
      await client.connect();
      await client.query(`LISTEN "${this.#channel}"`);
    } catch {
      this.#connectAgain(client);
    }
  }

  #connectAgain(client: Client): void {
    if (this.#client !== client) return;
    this.#disconnect();
    if (this.#listeners.size > 0) this.#timer = setTimeout(() => void this.#connect(), reconnectMs).unref();
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => {});
  }
}
