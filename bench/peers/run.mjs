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
import { systems } from "./systems.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const quick = args.includes("--quick");
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = option("only")?.split(",");
const repetitions = Number(option("repetitions") ?? (quick ? 1 : 3));
const node = process.env.BENCH_NODE ?? process.execPath;

const sequential = (steps) => ({
  id: `sequential-${steps}`,
  title: `${steps} steps in a row, ms per step`,
  steps,
  plan: { workload: "loop", steps },
  figure: ({ fromFirst }) => fromFirst / (steps - 1),
});

const resume = (steps) => ({
  id: `resume-${steps}`,
  title: `killed after ${steps} steps: ms from the start of a new worker to the next step`,
  steps: steps + 1,
  resumes: true,
  plan: { workload: "loop", steps: steps + 1 },
  figure: ({ fromWork }) => fromWork,
});

const workloads = [
  ...(quick ? [10, 100] : [10, 100, 1_000, 5_000]).map(sequential),
  {
    id: "throughput",
    title: "200 runs of 10 steps, steps per second",
    more: true,
    steps: 10,
    plan: { workload: "loop", runs: 200, steps: 10 },
    figure: ({ fromWork }) => 2_000_000 / fromWork,
  },
  ...(quick ? [10, 100] : [10, 100, 900]).map(resume),
  {
    id: "rollback",
    title: "100 runs that are rolled back by a step of a catch, runs per second",
    more: true,
    steps: 3,
    plan: { workload: "undone", runs: 100 },
    figure: ({ fromWork }) => 100_000 / fromWork,
  },
];

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
    const old = system.module === "openworkflow" && major < 22;
    if (missing) console.log(`${system.name} is left out: ${system.package} is not installed`);
    if (old) console.log(`${system.name} is left out: it needs Node 22. Name one in BENCH_NODE`);
    return !missing && !old;
  });
}

async function measure(system, { plan, resumes, figure }, folder, server) {
  const file = join(folder, `${crypto.randomUUID()}.db`);
  const where = { module: system.module, file, ...(system.postgres && { database: await server.newDatabase() }) };
  const run = (more) =>
    spawnSync(node, [join(here, "process.mjs"), JSON.stringify({ ...where, ...plan, ...more })], {
      encoding: "utf8",
      timeout: 120_000,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "pipe"],
    });
  if (resumes && run({ dies: true }).signal !== "SIGKILL") throw new Error("the process did not die in its last step");
  const { stdout, stderr, status } = run(resumes ? { resumed: true } : {});
  if (status !== 0) throw new Error(stderr.slice(-400) || "it took more than two minutes");
  // What a system prints comes before.
  return figure(JSON.parse(stdout.slice(stdout.lastIndexOf("{"))));
}

async function measureAll(folder, server, chosen) {
  const { measureFloors } = await import("./floor.mjs");
  const floorDatabase = await server.newDatabase();
  const floors = [];
  const figures = {};
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const workload of workloads) {
      floors.push(await measureFloors(folder, floorDatabase, 100));
      for (const system of chosen) {
        if (workload.steps > (system.mostSteps ?? Infinity) || (workload.resumes && system.resumes === false)) continue;
        try {
          const value = await measure(system, workload, folder, server);
          figures[workload.id] ??= {};
          figures[workload.id][system.name] ??= [];
          figures[workload.id][system.name].push(value);
        } catch (error) {
          console.log(`${system.name}, ${workload.id}: ${error.message}`);
        }
      }
    }
  }
  const floor = (name) => summary(floors.map((one) => one[name]));
  return { floors: { fdatasync: floor("fdatasync"), sqlite: floor("sqlite"), postgres: floor("postgres") }, figures };
}

/** How many times as long as another one. */
const times = (value, other, more) =>
  other === undefined ? "" : `${(more ? other / value : value / other).toFixed(2)}`;

function print({ floors, figures }) {
  printTable("The floor: ms for one durable write", [["", "ms"], ...Object.entries(floors)]);
  return workloads
    .filter(({ id }) => figures[id])
    .map(({ id, title, more }) => {
      const rows = Object.entries(figures[id]).map(([name, values]) => ({ name, ...summary(values) }));
      const ours = rows.find(({ name }) => name.startsWith("Backstitch"))?.median;
      const body = rows.map(({ name, ...figure }) => {
        const floor = name.endsWith("Postgres") ? floors.postgres.median : floors.sqlite.median;
        const toFloor = id.startsWith("sequential") ? times(figure.median, floor) : "";
        return [name, figure, times(figure.median, ours, more), toFloor];
      });
      printTable(title, [["", "median", "x Backstitch, SQLite", "x floor"], ...body]);
      return { id, title, rows };
    });
}

installPeers();
await prepare();
const chosen = runnable();
const packages = [...new Set(chosen.flatMap((system) => system.package ?? []))];
const machine = {
  ...machineFacts(),
  node: execFileSync(node, ["-v"], { encoding: "utf8" }).trim(),
  date: new Date().toISOString(),
  versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  loadAtStart: load(),
};
await inFolder(async (folder) => {
  const server = await startServer(tmpdir());
  try {
    const measured = await measureAll(folder, server, chosen);
    const tables = print(measured);
    const report = { machine: { ...machine, loadAtEnd: load() }, repetitions, floors: measured.floors, tables };
    console.log(JSON.stringify(report.machine));
    if (!quick && only === undefined) {
      writeFileSync(join(here, "results.json"), `${JSON.stringify(report, undefined, 2)}\n`);
    }
  } finally {
    await server.stop();
  }
});
