/**
 * A worker beside a million runs that sleep. Some have fallen asleep by themselves; the others are copies of their rows, since
 * what is asked is not how fast they park.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { openDriver } from "../dist/runtime/stores/sqlite/driver.js";
import { park } from "./parked.mjs";
import { rounded } from "./statistics.mjs";
import { bench, inFolder } from "./workspace.mjs";

/** @param waking how many more runs wake while they are watched */
export async function measureSleeping(runs, waking) {
  return inFolder(async (folder) => {
    const file = join(folder, "sleeping.db");
    const originals = runs / 1_000;
    await park(file, originals);
    await copyRuns(file, runs / originals - 1);
    const program = join(bench, "sleeping-process.mjs");
    const found = JSON.parse(execFileSync(process.execPath, [program, file, String(waking)], { encoding: "utf8" }));
    return { runs, waking, fileMiB: rounded(statSync(file).size / 2 ** 20), ...found };
  });
}

/** Copies each run that sleeps, with its event, so many times. */
async function copyRuns(file, times) {
  const driver = await openDriver(file);
  // Nothing of this needs to survive.
  for (const setting of ["synchronous = off", "cache_size = -500000"]) driver.prepare(`PRAGMA ${setting}`).all([]);
  // Behind the others in every index, so that each transaction writes few pages.
  const later = ["wake_at", "received_at", "created_at"];
  const insertCopies = (table, ids, condition) => {
    const names = driver.prepare(`SELECT name FROM pragma_table_info('${table}') WHERE name <> 'n'`).all([]);
    const columns = names.map(({ name }) => name);
    const values = columns.map((name) => {
      if (ids.includes(name)) return `printf('z%06d-', ?1) || ${name}`;
      return later.includes(name) ? `${name} + 1000 * ?1` : name;
    });
    const select = `SELECT ${values.join()} FROM ${table} WHERE ${condition}`;
    return driver.prepare(`INSERT INTO ${table} (${columns.join()}) ${select}`);
  };
  const last = driver.prepare("SELECT max(n) AS n FROM runs").all([])[0].n;
  const sleeping = `n <= ${last} AND status = 'running' AND label IS NOT NULL`;
  const runs = insertCopies("runs", ["id", "event_id"], sleeping);
  const events = insertCopies("events", ["id"], `id IN (SELECT event_id FROM runs WHERE ${sleeping})`);
  for (let copy = 1; copy <= times; copy++) {
    driver.exec("BEGIN");
    events.run([copy]);
    runs.run([copy]);
    driver.exec("COMMIT");
  }
  driver.close();
}
