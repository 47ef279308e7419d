/** What the disk and the databases themselves take for one durable write, in milliseconds. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { openDriver } from "../../dist/runtime/stores/sqlite/driver.js";

export async function measureFloors(folder, database, count) {
  return {
    fdatasync: sync(folder, count),
    sqlite: await sqlite(folder, count),
    postgres: await postgres(database, count),
  };
}

function sync(folder, count) {
  const file = openSync(join(folder, "floor.bin"), "a");
  const block = Buffer.alloc(4_096, 1);
  const start = performance.now();
  for (let write = 0; write < count; write++) {
    writeSync(file, block);
    fdatasyncSync(file);
  }
  const elapsed = performance.now() - start;
  closeSync(file);
  return elapsed / count;
}

async function sqlite(folder, count) {
  const driver = await openDriver(join(folder, "floor.db"));
  driver.prepare("PRAGMA journal_mode = wal").all([]);
  driver.prepare("PRAGMA synchronous = FULL").all([]);
  driver.exec("CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, output TEXT)");
  const insert = driver.prepare("INSERT INTO rows (output) VALUES (?)");
  const start = performance.now();
  for (let write = 0; write < count; write++) insert.run(["o".repeat(100)]);
  const elapsed = performance.now() - start;
  driver.close();
  return elapsed / count;
}

async function postgres(database, count) {
  const client = new pg.Client(database);
  await client.connect();
  await client.query("CREATE TABLE IF NOT EXISTS floor (n SERIAL PRIMARY KEY, output TEXT)");
  const start = performance.now();
  for (let write = 0; write < count; write++) {
    await client.query({ name: "insert", text: "INSERT INTO floor (output) VALUES ($1)", values: ["o".repeat(100)] });
  }
  const elapsed = performance.now() - start;
  await client.end();
  return elapsed / count;
}
