/**
 * The floor of a step: one WAL commit with synchronous=FULL that updates the row of a run and inserts the row of a step.
 * The same driver, the same columns and texts; no secondary index, no fence, no engine.
 */
import { openDriver } from "../dist/runtime/stores/sqlite/driver.js";
import { complete, makeClient, observed, sqlite } from "./runs.mjs";
import { cpuMicroseconds } from "./statistics.mjs";

const tables = `
  CREATE TABLE runs (n INTEGER PRIMARY KEY, seq INTEGER, updated_at INTEGER, wake_at INTEGER, label TEXT, frame TEXT);
  CREATE TABLE steps (
    run INTEGER, op INTEGER, attempt INTEGER, kind TEXT, status TEXT, started_at INTEGER,
    ended_at INTEGER, id TEXT, output TEXT, PRIMARY KEY (run, op, attempt)
  ) WITHOUT ROWID;
  INSERT INTO runs VALUES (1, 0, 0, 0, '', '')`;
const update = "UPDATE runs SET seq = seq + 1, updated_at = ?, wake_at = ?, label = ?, frame = ? WHERE n = 1";
const insert = "INSERT INTO steps VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)";

/** A commit as the engine writes it for one step of the workflow `loop`. */
export async function sampleCommit(file) {
  let sample;
  const store = observed(sqlite({ path: file }), {
    commit: (_results, [batch]) => {
      if (batch[0].frame !== undefined && batch[0].steps.length === 1) sample = batch[0];
    },
  });
  const client = makeClient(store);
  await complete(client, "loop", { steps: 20 }, () => {});
  await client.close();
  return sample;
}

/** A new file to which commits of the sample are written. */
export class Floor {
  #driver;
  #update;
  #insert;
  #sample;
  #op = 0;
  /** Of all commits so far: milliseconds, and microseconds of CPU time. */
  elapsed = 0;
  cpu = 0;

  static async open(file, sample) {
    const floor = new Floor();
    floor.#driver = await openDriver(file);
    floor.#driver.prepare("PRAGMA journal_mode = wal").all([]);
    floor.#driver.prepare("PRAGMA synchronous = FULL").all([]);
    floor.#driver.exec(tables);
    floor.#update = floor.#driver.prepare(update);
    floor.#insert = floor.#driver.prepare(insert);
    floor.#sample = sample;
    return floor;
  }

  /** @param rows steps in each commit */
  commit(count, rows = 1) {
    const { now, wakeAt, label, frame } = this.#sample;
    const { attempt, kind, status, startedAt, endedAt, id, output } = this.#sample.steps[0];
    const start = performance.now();
    const cpuAtStart = cpuMicroseconds();
    for (let commit = 0; commit < count; commit++) {
      this.#driver.exec("BEGIN IMMEDIATE");
      for (let row = 0; row < rows; row++) {
        this.#op++;
        this.#update.run([now, wakeAt, label, frame]);
        this.#insert.run([this.#op, attempt, kind, status, startedAt, endedAt, id, output]);
      }
      this.#driver.exec("COMMIT");
    }
    this.elapsed += performance.now() - start;
    this.cpu += cpuMicroseconds() - cpuAtStart;
  }

  close() {
    this.#driver.close();
  }
}
