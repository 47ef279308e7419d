/**
 * Time per step of a sequential run on SQLite through a worker, and how many floors that is.
 *
 * How long a disk takes to make a commit durable drifts within seconds. So the floor is measured within the run, in turns:
 * after every few steps, as many commits to a file beside it. Their time is not the run's.
 */
import { join } from "node:path";
import { Floor, sampleCommit } from "./floor.mjs";
import { complete, makeClient, sqlite } from "./runs.mjs";
import { cpuMicroseconds, summary } from "./statistics.mjs";
import { inFolder } from "./workspace.mjs";

const longestTurn = 50;

/** @param plan pairs of a number of steps and how often such a run is repeated */
export async function measureSequential(plan) {
  return inFolder(async (folder) => {
    const sample = await sampleCommit(join(folder, "sample.db"));
    await timeRun(join(folder, "warm-up"), 1_000, sample);
    const rows = [];
    for (const [steps, repetitions] of plan) {
      const runs = [];
      for (let repetition = 0; repetition < repetitions; repetition++) {
        runs.push(await timeRun(join(folder, `${steps}-${repetition}`), steps, sample));
      }
      rows.push({
        steps,
        msPerStep: summary(runs.map(({ elapsed }) => elapsed)),
        floorMs: summary(runs.map(({ floor }) => floor)),
        ratio: summary(runs.map(({ elapsed, floor }) => elapsed / floor)),
        cpuMicroseconds: summary(runs.map(({ cpu }) => cpu)),
        floorCpuMicroseconds: summary(runs.map(({ floorCpu }) => floorCpu)),
      });
    }
    return rows;
  });
}

/** Per step, from the first step's callback to the last one's: start and end of the run are left out. */
async function timeRun(path, steps, sample) {
  const floor = await Floor.open(`${path}-floor.db`, sample);
  const client = makeClient(sqlite({ path: `${path}.db` }));
  const turn = Math.min(longestTurn, steps / 2);
  let start;
  let end;
  await complete(client, "loop", { steps }, (index) => {
    if (index === steps - 1) end = now();
    else if (index % turn === 0) {
      start ??= now();
      floor.commit(turn);
    }
  });
  await client.close();
  floor.close();
  return {
    elapsed: (end.time - start.time - floor.elapsed) / (steps - 1),
    cpu: (end.cpu - start.cpu - floor.cpu) / (steps - 1),
    floor: floor.elapsed / steps,
    floorCpu: floor.cpu / steps,
  };
}

function now() {
  return { time: performance.now(), cpu: cpuMicroseconds() };
}
