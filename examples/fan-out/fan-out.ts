// Resizes the 1,000 pictures of four albums, 25 at a time over all of them. One that is broken does not stop the others.
import { Backstitch, NonRetriableError } from "backstitch";
import { sqlite } from "backstitch/sqlite";

const client = new Backstitch<{ "album/uploaded": { data: { first: number; pictures: number } } }>({
  id: "fan-out",
  store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "fan-out.db" }),
});

client.createFunction(
  { id: "resize-album", concurrency: 25 }, // steps that execute at once: of all runs, in all workers
  { event: "album/uploaded" },
  async ({ event, step }) => {
    const { first, pictures } = event.data;
    const numbers = await step.run("list", () => Array.from({ length: pictures }, (_, index) => first + index));

    // Of one album so many are on their way at once.
    const sizes = await step.map(numbers, { concurrency: 20 }, async (number) => {
      return await step.run(`resize-${number}`, () => resize(number)).catch(() => 0);
    });

    const failed = sizes.filter((size) => size === 0).length;
    return { resized: sizes.length - failed, failed, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  },
);

let running = 0;
let most = 0;

async function resize(picture: number): Promise<number> {
  most = Math.max(most, ++running);
  await new Promise((resolve) => setTimeout(resolve, 5));
  running--;
  if (picture % 250 === 249) throw new NonRetriableError(`picture ${picture} is broken`);
  return 1_000 + picture;
}

const worker = client.worker({ pollMs: 20 });
await worker.start();
const { ids } = await client.send(
  [0, 250, 500, 750].map((first) => ({ name: "album/uploaded", data: { first, pictures: 250 } })),
);
for (const run of await ended(ids.length)) console.log(run.status, run.output);
console.log(`never more than 25 at a time: ${most <= 25}`);
await client.close();

/** The runs, in the order of their albums, once there are so many and all have ended. */
async function ended(count: number) {
  for (;;) {
    const runs = await client.runs.list();
    if (runs.length === count && runs.every(({ endedAt }) => endedAt !== null)) {
      return [...runs].sort((a, b) => a.event.data.first - b.event.data.first);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
