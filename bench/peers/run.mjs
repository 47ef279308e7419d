/**
 * Backstitch beside other systems, on one machine in one run. See docs/benchmarks.md.
 *
 *   npm run bench:peers -- --quick --only=backstitch,dbos
 *   npm run bench:peers -- --draw
 *
 * `BENCH_NODE` names the Node that runs the systems; some need 22 or newer.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, machineFacts } from "../machine.mjs";
import { printTable } from "../print.mjs";
import { summary } from "../statistics.mjs";
import { inFolder, prepare, root } from "../workspace.mjs";
import { Record } from "./record.mjs";
import { startServer } from "./server.mjs";
import { canCountSyncs, syncsPerStep } from "./syncs.mjs";
import { reasonToLeaveOut, systems } from "./systems.mjs";
import { workloadsOf } from "./workloads.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, "results.json");
const args = process.argv.slice(2);
for (const arg of args) {
  if (!/^--(?:quick|draw|only=.+|repetitions=[1-9]\d*)$/.test(arg))
    throw new Error(`${arg} is no option: there are --quick, --draw, --only=<modules> and --repetitions=<count>`);
}
const quick = args.includes("--quick");
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = option("only")?.split(",");
for (const module of only ?? []) {
  if (systems.some((system) => system.module === module)) continue;
  throw new Error(`--only=${module} names none of: ${[...new Set(systems.map((system) => system.module))].join(", ")}`);
}
const repetitions = Number(option("repetitions") ?? (quick ? 1 : 3));
const node = process.env.BENCH_NODE ?? process.execPath;
const isKept = !quick && only === undefined;
const workloads = workloadsOf(quick);

function versionOf(name) {
  const file = join(here, "node_modules", name, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

/** Unless all are there in the versions that are pinned. */
function installPeers() {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  if (Object.entries(dependencies).every(([name, version]) => versionOf(name) === version)) return;
  rmSync(join(here, "node_modules"), { recursive: true, force: true });
  const flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  const { status } = spawnSync("npm", flags, { cwd: here, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) throw new Error(`The other systems could not be installed: npm ended with ${status}. Try again`);
}

/** Systems that can be run here; of the others a line says why not. What is kept has all of them. */
function runnable() {
  const major = Number(execFileSync(node, ["-v"], { encoding: "utf8" }).slice(1).split(".")[0]);
  return systems.filter((system) => {
    if (only !== undefined && !only.includes(system.module)) return false;
    if (major >= (system.node ?? 20)) return true;
    const fault = `${system.name} needs Node ${system.node}. Name one in BENCH_NODE`;
    if (isKept) throw new Error(fault);
    console.log(`Left out: ${fault}`);
    return false;
  });
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
          console.log(`${system.name}, ${workload.title}: ${error.cause ?? error.stack}`);
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
      const floor = id.startsWith("sequential") ? floors[/SQLite|Postgres/.exec(name)?.[0].toLowerCase()] : undefined;
      return [name, figure, times(figure.median, ours, more), times(figure.median, floor?.median)];
    });
    printTable(`${title}, ${unit}`, [["", "median", "x Backstitch, SQLite", "x floor"], ...body]);
  }
}

function versionsOf(chosen, postgres) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const packages = [...new Set(chosen.flatMap((system) => system.package ?? []))];
  return {
    backstitch: version,
    postgres: postgres.version,
    ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  };
}

async function measure() {
  installPeers();
  const chosen = runnable();
  // Where the server of Restate is found.
  process.env.BACKSTITCH_RESTATE = here;
  const { Executor } = await import("./execute.mjs");
  const machine = {
    ...machineFacts(),
    node: execFileSync(node, ["-v"], { encoding: "utf8" }).trim(),
    date: new Date().toISOString(),
    loadAtStart: load(),
  };
  await inFolder(async (folder) => {
    const postgres = await startServer(tmpdir());
    try {
      const executor = new Executor({ node, folder, postgres });
      const record = new Record(workloads, chosen);
      for (const system of chosen.filter(({ prepares }) => prepares)) await executor.prepare(system);
      await countSyncs(executor, chosen, folder, record);
      const floors = await measureAll(executor, chosen, folder, postgres, record);
      const tables = record.tables();
      print(floors, tables);
      const report = {
        machine: { ...machine, loadAtEnd: load(), versions: versionsOf(chosen, postgres) },
        repetitions,
        systems: record.systems(),
        floors,
        tables,
      };
      console.log(JSON.stringify(report.machine));
      if (isKept) writeFileSync(results, `${JSON.stringify(report, undefined, 2)}\n`);
    } finally {
      await postgres.stop();
    }
  });
}

async function draw() {
  const { peerPictures } = await import("../dist/peer-charts.mjs");
  const folder = join(root, "docs", "img");
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of peerPictures(JSON.parse(readFileSync(results, "utf8")))) {
    writeFileSync(join(folder, name), svg);
    console.log(`docs/img/${name}`);
  }
}

await prepare();
if (args.includes("--draw")) await draw();
else {
  await measure();
  if (isKept) await draw();
}
