/**
 * Backstitch beside other systems, on one machine in one run. See docs/benchmarks.md.
 *
 *   npm run bench:peers -- --quick --only=backstitch,dbos
 *
 * `BENCH_NODE` names the Node that runs the systems; some need 22 or newer.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, machineFacts } from "../machine.mjs";
import { printTable } from "../print.mjs";
import { summary } from "../statistics.mjs";
import { inFolder, prepare } from "../workspace.mjs";
import { startServer } from "./server.mjs";
import { canCountSyncs, syncsPerStep } from "./syncs.mjs";
import { reasonToLeaveOut, systems } from "./systems.mjs";
import { workloadsOf } from "./workloads.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, "results.json");
const args = process.argv.slice(2);
const quick = args.includes("--quick");
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = option("only")?.split(",");
const repetitions = Number(option("repetitions") ?? (quick ? 1 : 3));
const node = process.env.BENCH_NODE ?? process.execPath;
const workloads = workloadsOf(quick);

function installPeers() {
  if (existsSync(join(here, "node_modules"))) return;
  const flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  const { status } = spawnSync("npm", flags, { cwd: here, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0)
    throw new Error(
      `The other systems could not be installed: npm ended with ${status}. Remove ${join(here, "node_modules")} and try again`,
    );
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8")).version;
}

/** Systems that can be run here; of the others a line says why not. */
function runnable() {
  const major = Number(execFileSync(node, ["-v"], { encoding: "utf8" }).slice(1).split(".")[0]);
  return systems.filter((system) => {
    if (only !== undefined && !only.includes(system.module)) return false;
    const missing = system.package !== undefined && !existsSync(join(here, "node_modules", system.package));
    const old = major < (system.node ?? 20);
    if (missing) console.log(`${system.name} is left out: ${system.package} is not installed`);
    if (old) console.log(`${system.name} is left out: it needs Node ${system.node}. Name one in BENCH_NODE`);
    return !missing && !old;
  });
}

/** What was measured, and what was not, with the reason. */
class Record {
  #figures = new Map();
  #leftOut = new Map();
  #syncs = new Map();

  add(workload, system, value) {
    const key = `${workload.id} ${system.name}`;
    this.#figures.set(key, [...(this.#figures.get(key) ?? []), value]);
  }

  leaveOut(workload, system, because) {
    const key = `${workload.id} ${system.name}`;
    if (!this.#leftOut.has(key)) console.log(`${system.name}, ${workload.title}: left out, ${because}`);
    this.#leftOut.set(key, because);
  }

  setSyncs(system, count) {
    this.#syncs.set(system.name, count);
  }

  /** One table per workload, with a row for each system. */
  tables(chosen) {
    return workloads.map(({ id, picture, title, unit, more = false }) => ({
      id,
      picture,
      title,
      unit,
      more,
      rows: chosen.map(({ name, waitsForDisk }) => {
        const values = this.#figures.get(`${id} ${name}`);
        const leftOut = this.#leftOut.get(`${id} ${name}`);
        return { name, waitsForDisk, ...(values && summary(values)), ...(leftOut && { leftOut }) };
      }),
    }));
  }

  systems(chosen) {
    return chosen.map(({ name, waitsForDisk }) => ({ name, waitsForDisk, syncsPerStep: this.#syncs.get(name) }));
  }
}

/** Holds each system to what it says of the disk. */
async function countSyncs(executor, chosen, folder, record) {
  if (!canCountSyncs) return console.log("Waits for the disk are not counted: strace is missing");
  const rows = [];
  for (const system of chosen) {
    const count = await syncsPerStep(executor, system, folder);
    if (count >= 0.9 !== system.waitsForDisk)
      throw new Error(
        `${system.name} waits for the disk ${count} times per step: it is not what bench/peers/systems.mjs says`,
      );
    record.setSyncs(system, count);
    rows.push([system.name, count]);
  }
  printTable("Waits for the disk per step, by strace", [["", "fsync and the like"], ...rows]);
}

async function measureAll(executor, chosen, folder, server, record) {
  const { measureFloors } = await import("./floor.mjs");
  const floorDatabase = await server.newDatabase();
  const floors = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const workload of workloads) {
      floors.push(await measureFloors(folder, floorDatabase, 100));
      for (const system of chosen) {
        const because = reasonToLeaveOut(system, workload);
        if (because !== undefined) {
          record.leaveOut(workload, system, because);
          continue;
        }
        try {
          const { resumes, plan, figure } = workload;
          record.add(workload, system, figure(await executor.execute(system, plan, { resumes })));
        } catch (error) {
          record.leaveOut(workload, system, error.message);
        }
      }
    }
  }
  const floor = (name) => summary(floors.map((one) => one[name]));
  return { fdatasync: floor("fdatasync"), sqlite: floor("sqlite"), postgres: floor("postgres") };
}

/** How many times as long as another one. */
const times = (value, other, more) =>
  other === undefined ? "" : `${(more ? other / value : value / other).toFixed(2)}`;

function print(floors, tables) {
  printTable("The floor: ms for one durable write", [["", "ms"], ...Object.entries(floors)]);
  for (const { id, title, unit, more, rows } of tables) {
    const measured = rows.filter(({ median }) => median !== undefined);
    const ours = measured.find(({ name }) => name.startsWith("Backstitch"))?.median;
    const body = measured.map(({ name, ...figure }) => {
      const floor = name.endsWith("Postgres") ? floors.postgres.median : floors.sqlite.median;
      const toFloor = id.startsWith("sequential") ? times(figure.median, floor) : "";
      return [name, figure, times(figure.median, ours, more), toFloor];
    });
    printTable(`${title}, ${unit}`, [["", "median", "x Backstitch, SQLite", "x floor"], ...body]);
  }
}

async function measure() {
  installPeers();
  const chosen = runnable();
  // Where the server of Restate is found.
  process.env.BACKSTITCH_RESTATE = here;
  const { Executor } = await import("./execute.mjs");
  const packages = [...new Set(chosen.flatMap((system) => system.package ?? []))];
  const machine = {
    ...machineFacts(),
    node: execFileSync(node, ["-v"], { encoding: "utf8" }).trim(),
    date: new Date().toISOString(),
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    loadAtStart: load(),
  };
  await inFolder(async (folder) => {
    const postgres = await startServer(tmpdir());
    try {
      const executor = new Executor({ node, folder, postgres });
      const record = new Record();
      for (const system of chosen.filter(({ prepares }) => prepares)) await executor.prepare(system);
      await countSyncs(executor, chosen, folder, record);
      const floors = await measureAll(executor, chosen, folder, postgres, record);
      const tables = record.tables(chosen);
      print(floors, tables);
      const report = {
        machine: { ...machine, loadAtEnd: load() },
        repetitions,
        systems: record.systems(chosen),
        floors,
        tables,
      };
      console.log(JSON.stringify(report.machine));
      if (!quick && only === undefined) writeFileSync(results, `${JSON.stringify(report, undefined, 2)}\n`);
    } finally {
      await postgres.stop();
    }
  });
}

await prepare();
await measure();
