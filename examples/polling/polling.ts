// Asks a slow service again and again, less and less often, and gives up when the time is over.
import { Backstitch, NonRetriableError, type Step } from "backstitch";
import { sqlite } from "backstitch/sqlite";

const client = new Backstitch<{ "video/uploaded": { data: { video: string; patienceMs: number } } }>({
  id: "polling",
  store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "polling.db" }),
});

client.createFunction({ id: "transcode", retries: 0 }, { event: "video/uploaded" }, async ({ event, step }) => {
  const { video, patienceMs } = event.data;
  const job = await step.run("start-job", () => service.start(video));
  try {
    return await finished(step, job, patienceMs);
  } catch (error) {
    await step.run("stop-job", () => service.stop(job));
    throw error;
  }
});

/** Polls until the job is done. The time that is left survives restarts, as all variables do. */
async function finished(step: Step, job: string, patienceMs: number): Promise<string> {
  const until = Date.now() + patienceMs;
  for (let pauseMs = 50; Date.now() < until; pauseMs *= 2) {
    const result = await step.run("ask", () => service.ask(job));
    if (result !== undefined) return result;
    await step.sleep("pause", pauseMs);
  }
  throw new NonRetriableError(`${job} took longer than ${patienceMs} ms`);
}

/** Stands for a service that needs three looks for a film, and for ever for an endless one. */
const service = {
  looks: new Map<string, number>(),
  start(video: string): string {
    console.log(`${video}: started`);
    return `job of ${video}`;
  },
  ask(job: string): string | undefined {
    const looks = (this.looks.get(job) ?? 0) + 1;
    this.looks.set(job, looks);
    console.log(`  look ${looks} at the ${job}`);
    return looks === 3 && !job.includes("endless") ? `${job} is done` : undefined;
  },
  stop(job: string): void {
    console.log(`  stopped the ${job}`);
  },
};

const worker = client.worker({ pollMs: 20 });
await worker.start();
const videos = { film: 30_000, "endless film": 1_000 };
for (const [video, patienceMs] of Object.entries(videos)) {
  await client.send({ name: "video/uploaded", data: { video, patienceMs } });
  const { status, output, error } = await end(video);
  console.log(`${video}: ${status}, ${output ?? (error as Error).message}`);
}
await client.close();

/** The run of a video, once it has ended. */
async function end(video: string) {
  for (;;) {
    const run = (await client.runs.list()).find(({ event }) => event.data.video === video);
    if (run) return client.runs.wait(run.id);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
