/**
 * Steps per second of many runs at once on SQLite, through one worker, and of the same rows written by bare SQL in the same
 * batches: as many transactions, with as many rows each.
 */
import { join } from "node:path";
import { Floor, sampleCommit } from "./floor.mjs";
import { makeClient, observed, output, probe, sqlite } from "./runs.mjs";
import { cpuMicroseconds, summary } from "./statistics.mjs";
import { inFolder } from "./workspace.mjs";

export async function measureThroughput(runs, steps, repetitions) {
  return inFolder(async (folder) => {
    const sample = await sampleCommit(join(folder, "sample.db"));
    await timeRuns(join(folder, "warm-up.db"), runs, steps);
    const figures = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const timed = await timeRuns(join(folder, `${repetition}.db`), runs, steps);
      figures.push({ ...timed, floor: await timeFloor(join(folder, `${repetition}-floor.db`), sample, timed) });
    }
    const total = runs * steps;
    return {
      runs,
      steps,
      stepsPerSecond: summary(figures.map(({ elapsed }) => (total / elapsed) * 1_000)),
      floorPerSecond: summary(figures.map(({ floor }) => (total / floor) * 1_000)),
      ratio: summary(figures.map(({ elapsed, floor }) => floor / elapsed)),
      cpuMicroseconds: summary(figures.map(({ cpu }) => cpu / total)),
      stepsPerCommit: summary(figures.map(({ batches }) => total / batches)),
    };
  });
}

/** From the start of the worker to the end of the last run. */
async function timeRuns(file, runs, steps) {
  let batches = 0;
  let ended = 0;
  let allEnded;
  const end = new Promise((resolve) => {
    allEnded = resolve;
  });
  const store = observed(sqlite({ path: file }), {
    commit: (_results, [batch]) => {
      batches++;
      ended += batch.filter(({ status }) => status === "completed").length;
      if (ended === runs) allEnded();
    },
  });
  probe.step = () => output;
  const client = makeClient(store);
  await client.send(Array.from({ length: runs }, () => ({ name: "bench/loop", data: { steps } })));
  const start = performance.now();
  const cpuAtStart = cpuMicroseconds();
  const worker = client.worker({ concurrency: runs });
  await worker.start();
  await end;
  const elapsed = performance.now() - start;
  const cpu = cpuMicroseconds() - cpuAtStart;
  await client.close();
  return { elapsed, cpu, batches, rows: Math.max(1, Math.round((runs * steps) / batches)) };
}

async function timeFloor(file, sample, { batches, rows }) {
  const floor = await Floor.open(file, sample);
  floor.commit(batches, rows);
  floor.close();
  return floor.elapsed;
}
