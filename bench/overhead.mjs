/** What the engine costs without a disk: CPU time per step over the store in memory. */
import { memoryStore } from "./dist/memory-store.mjs";
import { complete, makeClient } from "./runs.mjs";
import { cpuMicroseconds, summary } from "./statistics.mjs";

export async function measureOverhead(steps, repetitions) {
  await cpuPerStep(steps);
  const figures = [];
  for (let repetition = 0; repetition < repetitions; repetition++) figures.push(await cpuPerStep(steps));
  return { steps, cpuMicroseconds: summary(figures) };
}

async function cpuPerStep(steps) {
  const client = makeClient(memoryStore());
  const at = [];
  await complete(client, "loop", { steps }, (index) => {
    if (index === 0 || index === steps - 1) at.push(cpuMicroseconds());
  });
  await client.close();
  return (at[1] - at[0]) / (steps - 1);
}
