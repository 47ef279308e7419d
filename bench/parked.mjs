/** Many runs that are started at once and then sleep: how fast they park, what they cost, and how soon others go on. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { makeClient, observed, sqlite } from "./runs.mjs";
import { rounded } from "./statistics.mjs";
import { bench, inFolder } from "./workspace.mjs";

const eventsAtOnce = 1_000;
const monthMs = 30 * 86_400_000;

export async function measureParked(runs) {
  return inFolder(async (folder) => {
    const file = join(folder, "parked.db");
    const { seconds, residentMiB } = await park(file, runs);
    // One that is due when the next process starts.
    const client = makeClient(sqlite({ path: file }));
    await client.send({ name: "bench/sleeper", data: { n: 0, ms: 1 } });
    await client.close();
    const program = join(bench, "parked-process.mjs");
    const found = JSON.parse(execFileSync(process.execPath, [program, file], { encoding: "utf8" }));
    return {
      runs,
      runsPerSecond: rounded(runs / seconds),
      mostResidentMiB: rounded(residentMiB),
      bytesPerRun: rounded(statSync(file).size / runs),
      ...found,
    };
  });
}

/** Lets so many runs fall asleep, for a month. */
export async function park(file, runs) {
  let parked = 0;
  let residentMiB = 0;
  let allParked;
  const end = new Promise((resolve) => {
    allParked = resolve;
  });
  const store = observed(sqlite({ path: file }), {
    commit: (_results, [batch]) => {
      parked += batch.filter(({ release }) => release).length;
      residentMiB = Math.max(residentMiB, process.memoryUsage.rss() / 2 ** 20);
      if (parked >= runs) allParked();
    },
  });
  const client = makeClient(store);
  for (let sent = 0; sent < runs; sent += eventsAtOnce) {
    const count = Math.min(eventsAtOnce, runs - sent);
    const data = (n) => ({ n, ms: monthMs });
    await client.send(Array.from({ length: count }, (_, n) => ({ name: "bench/sleeper", data: data(sent + n) })));
  }
  const start = performance.now();
  await client.worker({ concurrency: 200 }).start();
  await end;
  const seconds = (performance.now() - start) / 1_000;
  await client.close();
  return { seconds, residentMiB };
}
