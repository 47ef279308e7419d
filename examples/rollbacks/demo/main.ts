/** The story: two events, a worker killed in the middle of a rollback, another worker. Exits 1 when a check fails. */
import { setTimeout as delay } from "node:timers/promises";
import { inngest } from "../client.js";
import { checkStory } from "./checks.js";
import { factsOf, type RunFacts, stepInFlight } from "./facts.js";
import { print, Timeline } from "./timeline.js";
import { WorkerProcess } from "./worker-process.js";

/** Much longer than the demo takes, so that a machine under load does not fail it. */
const patienceMs = 30_000;
const functionIds = ["generate-result", "add-data"];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = (await tellStory()) ? 0 : 1;
} catch (error) {
  print("", `The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
} finally {
  await inngest.close();
}

/** Whether every check holds. */
async function tellStory(): Promise<boolean> {
  print("Two programs with rollbacks, compiled, in one worker. Their services are fakes.");
  await inngest.send([
    { name: "prompt.created", data: { prompt: "a lighthouse", channelID: "ada" } },
    { name: "app/row.data.added", data: { rowId: 7, entry: "first entry" } },
  ]);
  const timeline = new Timeline(Date.now());
  const first = new WorkerProcess();
  timeline.event(Date.now(), `▶ worker 1 starts (pid ${first.pid}); two events are waiting for it`);
  await until(first, (runs) => runs.every((facts) => isAtLastStep(facts)));
  await first.end("SIGKILL");
  const killedAt = Date.now();
  const atKill = await allFacts();
  for (const facts of atKill) timeline.run(facts);
  timeline.event(killedAt, `☠ kill -9 ${first.pid}: worker 1 dies in the middle of the rollback`);

  await delay(500);
  const second = new WorkerProcess();
  timeline.event(Date.now(), `▶ worker 2 starts (pid ${second.pid}) on the same database`);
  await until(second, (runs) => runs.every(({ run }) => run.status !== "running"));
  await second.end("SIGTERM");
  const atEnd = await allFacts();
  for (const [index, facts] of atEnd.entries()) timeline.rest(facts, atKill[index] ?? facts, second.pid);

  const checks = checkStory({ atKill, atEnd, secondWorker: second.pid });
  timeline.checks(checks);
  return checks.every(({ holds }) => holds);
}

/** Each run ends with a service that does not answer its first call. */
function isAtLastStep(facts: RunFacts): boolean {
  return ["notify-user", "rollback-row-creation"].includes(stepInFlight(facts)?.id ?? "");
}

async function allFacts(): Promise<RunFacts[]> {
  const facts = await Promise.all(functionIds.map(factsOf));
  return facts.filter((run) => run !== undefined);
}

async function until(worker: WorkerProcess, reached: (runs: readonly RunFacts[]) => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const runs = await allFacts();
    if (runs.length === functionIds.length && reached(runs)) return;
    if (worker.failure !== undefined) throw new Error(worker.failure);
    if (Date.now() > deadline) {
      const places = runs.map(({ run }) => `${run.functionId} is ${run.status} at ${run.label}`);
      throw new Error(`after ${patienceMs / 1_000} s, ${places.join(", ") || "no run was started"}`);
    }
    await delay(20);
  }
}
