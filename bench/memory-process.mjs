/** `node bench/memory-process.mjs <database> <steps>`: runs the loop and prints what it took as JSON. */
import { complete, makeClient, sqlite } from "./runs.mjs";
import { rounded } from "./statistics.mjs";

const [file, count] = process.argv.slice(2);
const steps = Number(count);
const tenth = steps / 10;
const at = new Map();

const client = makeClient(sqlite({ path: file }));
await complete(client, "loop", { steps }, (index) => {
  if ([0, 1_000, tenth, steps - tenth - 1, steps - 1].includes(index)) {
    at.set(index, { time: performance.now(), resident: process.memoryUsage.rss() / 2 ** 20 });
  }
});
await client.close();

const msPerStep = (from, to) => rounded((at.get(to).time - at.get(from).time) / (to - from));
const first = msPerStep(0, tenth);
const last = msPerStep(steps - tenth - 1, steps - 1);
const residentAfter1000 = at.get(1_000).resident;
const residentAtEnd = at.get(steps - 1).resident;
console.log(
  JSON.stringify({
    steps,
    residentMiBAfter1000: rounded(residentAfter1000),
    residentMiBAtEnd: rounded(residentAtEnd),
    residentMiBGrowth: rounded(residentAtEnd - residentAfter1000),
    msPerStepFirstTenth: first,
    msPerStepLastTenth: last,
    ratio: rounded(last / first),
  }),
);
