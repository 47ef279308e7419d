/**
 * `node bench/sleeping-process.mjs <database> <waking>`: a worker for a file in which many runs sleep. It runs others, each of
 * which sleeps until a time of its own, and prints how late they woke, as JSON.
 */
import { makeClient, output, probe, sqlite } from "./runs.mjs";
import { rounded, summary } from "./statistics.mjs";

const [file, count] = process.argv.slice(2);
const waking = Number(count);
/** Time to fall asleep; then they wake one after the other, as many in each second. */
const aheadMs = 3_000;
const perSecond = 100;

const client = makeClient(sqlite({ path: file }));
await client.worker().start();
const first = Date.now() + aheadMs + waking;
const due = Array.from({ length: waking }, (_, n) => first + (n * 1_000) / perSecond);
const lags = [];
let residentMiB = 0;
const woken = new Promise((resolve) => {
  probe.step = (n) => {
    lags.push(Date.now() - due[n]);
    residentMiB = Math.max(residentMiB, process.memoryUsage.rss() / 2 ** 20);
    if (lags.length === waking) resolve();
    return output;
  };
});
await client.send(due.map((at, n) => ({ name: "bench/alarm", data: { n, at } })));
await woken;
console.log(JSON.stringify({ wakeLagMs: summary(lags), mostResidentMiB: rounded(residentMiB) }));
await client.close();
