/**
 * `node bench/workers-process.mjs <url> <concurrency> <step ms> <warm-up ms> <ms>`: a worker that begins when its standard
 * input ends, and prints how many steps it has executed, and their CPU time in microseconds, as JSON.
 */
import { setTimeout as pause } from "node:timers/promises";
import { postgres } from "backstitch/postgres";
import { makeClient, output, probe } from "./runs.mjs";
import { cpuMicroseconds } from "./statistics.mjs";

const [url, ...numbers] = process.argv.slice(2);
const [concurrency, stepMs, warmUpMs, ms] = numbers.map(Number);
let steps = 0;
probe.step = async () => {
  await pause(stepMs);
  steps++;
  return output;
};
const client = makeClient(postgres({ url }));
// Opens the store.
await client.runs.list({ limit: 1 });
console.log("ready");
for await (const _ of process.stdin);
await client.worker({ concurrency }).start();
await pause(warmUpMs);
const [stepsBefore, cpuBefore] = [steps, cpuMicroseconds()];
await pause(ms);
console.log(JSON.stringify({ steps: steps - stepsBefore, cpu: cpuMicroseconds() - cpuBefore }));
process.exit();
