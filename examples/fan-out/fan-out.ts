// Resizes 1,000 pictures, 25 at a time. One that cannot be resized does not stop the others.
import { Backstitch, NonRetriableError } from "backstitch";
import { sqlite } from "backstitch/sqlite";

const client = new Backstitch<{ "album/uploaded": { data: { pictures: number } } }>({
  id: "fan-out",
  store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "fan-out.db" }),
});

client.createFunction({ id: "resize-album" }, { event: "album/uploaded" }, async ({ event, step }) => {
  const pictures = await step.run("list", () => Array.from({ length: event.data.pictures }, (_, index) => index));

  const sizes = await step.map(pictures, { concurrency: 25 }, async (picture) => {
    return await step.run(`resize-${picture}`, () => resize(picture)).catch(() => 0);
  });

  const failed = sizes.filter((size) => size === 0).length;
  return { resized: sizes.length - failed, failed, bytes: sizes.reduce((sum, size) => sum + size, 0) };
});

let running = 0;
let most = 0;

async function resize(picture: number): Promise<number> {
  most = Math.max(most, ++running);
  await new Promise((resolve) => setTimeout(resolve, 2));
  running--;
  if (picture % 250 === 249) throw new NonRetriableError(`picture ${picture} is broken`);
  return 1_000 + picture;
}

const worker = client.worker({ pollMs: 20 });
await worker.start();
await client.send({ name: "album/uploaded", data: { pictures: 1_000 } });
const run = await end();
console.log(run.status, run.output);
console.log(`at most ${most} at a time`);
await client.close();

async function end() {
  for (;;) {
    const [run] = await client.runs.list();
    if (run) return client.runs.wait(run.id);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
