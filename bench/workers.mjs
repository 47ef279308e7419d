/** Four worker processes on PostgreSQL against one: steps that take 20 ms, 16 at once in each process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { postgres } from "backstitch/postgres";
import { startServer } from "./peers/server.mjs";
import { makeClient } from "./runs.mjs";
import { rounded, summary } from "./statistics.mjs";
import { bench } from "./workspace.mjs";

const concurrency = 16;
const stepMs = 20;
const stepsPerRun = 100;
const warmUpMs = 2_000;

/** @param seconds how long steps are counted */
export async function measureWorkers(seconds, repetitions) {
  const server = await startServer(tmpdir());
  try {
    const figures = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const one = await count(await server.newDatabase(), 1, seconds);
      const four = await count(await server.newDatabase(), 4, seconds);
      figures.push({ one, four });
    }
    return {
      most: (concurrency * 1_000) / stepMs,
      one: summary(figures.map(({ one }) => one.perSecond)),
      four: summary(figures.map(({ four }) => four.perSecond)),
      ratio: summary(figures.map(({ one, four }) => four.perSecond / one.perSecond)),
      cpuMicrosecondsOfOne: summary(figures.map(({ one }) => one.cpuMicroseconds)),
      cpuMicrosecondsOfFour: summary(figures.map(({ four }) => four.cpuMicroseconds)),
    };
  } finally {
    await server.stop();
  }
}

/** Steps per second of all workers, and what each step cost them. */
async function count(url, workers, seconds) {
  const client = makeClient(postgres({ url }));
  const ms = warmUpMs + seconds * 1_000;
  // More than they can do meanwhile.
  const runs = workers * concurrency * Math.ceil(ms / (stepsPerRun * stepMs) + 1);
  await client.send(Array.from({ length: runs }, () => ({ name: "bench/loop", data: { steps: stepsPerRun } })));
  await client.close();
  const program = join(bench, "workers-process.mjs");
  const args = [program, url, ...[concurrency, stepMs, warmUpMs, seconds * 1_000].map(String)];
  const processes = Array.from({ length: workers }, () => {
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  for (const { lines } of processes) await lines.next();
  for (const { child } of processes) child.stdin.end();
  const counted = await Promise.all(processes.map(async ({ lines }) => JSON.parse((await lines.next()).value)));
  await Promise.all(processes.map(({ child }) => child.exitCode ?? once(child, "exit")));
  const steps = counted.reduce((sum, one) => sum + one.steps, 0);
  const cpu = counted.reduce((sum, one) => sum + one.cpu, 0);
  return { perSecond: rounded(steps / seconds), cpuMicroseconds: rounded(cpu / steps) };
}
