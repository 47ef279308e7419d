/**
 * `node bench/peers/process.mjs <JSON>`: one workload on one system, from an empty store, or taken up again in a store that a
 * process left behind. Or what a system has to do before all of them. Prints milliseconds as JSON. All is seen through the callbacks of the steps.
 */
import { writeFileSync } from "node:fs";

const given = JSON.parse(process.argv[2]);
const { module, prepares, workload, runs = 1, steps = 1, dies = false, resumed = false, ...where } = given;
const output = "o".repeat(100);
// A rollback has a third step, which is its last; the second one fails.
const last = workload === "undone" ? 2 : steps - 1;
let first;
let ended = 0;
let done;
const finished = new Promise((resolve) => {
  done = resolve;
});

function probe(index) {
  first ??= performance.now();
  if (dies && index === last) process.kill(process.pid, "SIGKILL");
  if (resumed || (index === last && ++ended === runs)) done(performance.now());
  if (workload === "undone" && index === 1) throw new Error("declined");
  return output;
}

const { open, prepare } = await import(`./systems/${module}.mjs`);
if (prepares) {
  await prepare();
  process.exit(0);
}
const system = await open({ ...where, steps, resumed, probe });
if (!resumed) await system.start(workload, runs, steps);
const begun = performance.now();
Promise.resolve(system.work(runs)).catch((error) => {
  console.error(error);
  process.exit(1);
});
const end = await finished;
writeFileSync(1, JSON.stringify({ fromWork: end - begun, fromFirst: end - first }));
process.exit(0);
