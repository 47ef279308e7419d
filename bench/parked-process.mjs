/** `node bench/parked-process.mjs <database>`: until a new process executes a step while many runs sleep, as JSON. */
import { makeClient, output, probe, sqlite } from "./runs.mjs";
import { rounded } from "./statistics.mjs";

const client = makeClient(sqlite({ path: process.argv[2] }));
const executed = new Promise((resolve) => {
  probe.step = () => {
    resolve();
    return output;
  };
});
await client.worker().start();
await executed;
// From the start of the process: `performance.now()` begins with it.
const startMs = rounded(performance.now());
const lag = [];
const due = Date.now() + 300;
await client.send({ name: "bench/sleeper", data: { n: 0, ms: 300 } });
await new Promise((resolve) => {
  probe.step = () => {
    lag.push(Date.now() - due);
    resolve();
    return output;
  };
});
console.log(JSON.stringify({ startMs, wakeLagMs: lag[0], residentMiB: rounded(process.memoryUsage.rss() / 2 ** 20) }));
await client.close();
