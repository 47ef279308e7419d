// By the clock: collects what was published since the last time, and mails it to every reader.
import { Backstitch } from "backstitch";
import { sqlite } from "backstitch/sqlite";

const client = new Backstitch({
  id: "digest",
  store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "digest.db" }),
  backoff: ["50ms"],
});

client.createFunction(
  { id: "send-digest", triggers: { cron: "*/2 * * * * *" } }, // in earnest, "TZ=Europe/Paris 0 9 * * 1-5"
  async ({ step, runId }) => {
    const articles = await step.run("collect", () => magazine.collect(runId));
    if (articles.length === 0) return "nothing new";

    const readers = await step.run("list-readers", () => magazine.readers);
    await step.map(readers, { concurrency: 10 }, async (reader) => {
      await step.run(`mail-${reader}`, ({ idempotencyKey }) => mail(reader, articles, idempotencyKey));
    });
    return `${articles.join(", ")} to ${readers.length} readers`;
  },
);

/** Stands for a database. An article is in one digest, whatever happens to the worker: the digest's run takes it. */
const magazine = {
  readers: ["Ann", "Bob", "Cleo"],
  articles: new Map<string, string | undefined>(),
  publish(title: string): void {
    this.articles.set(title, undefined);
  },
  collect(digest: string): string[] {
    for (const [title, taken] of this.articles) this.articles.set(title, taken ?? digest);
    return [...this.articles.keys()].filter((title) => this.articles.get(title) === digest);
  },
};

/** Stands for a mail service, which takes a mail of one key once. Its first mail to Bob is lost. */
let lost = 0;
function mail(reader: string, articles: readonly string[], _key: string): void {
  if (reader === "Bob" && lost++ === 0) throw new Error("the mail server is busy");
  console.log(`  mail to ${reader}: ${articles.join(", ")}`);
}

magazine.publish("On sleep");
magazine.publish("On waking");
const worker = client.worker({ pollMs: 20 });
await worker.start();
console.log(await digest(1));
magazine.publish("On dreams");
console.log(await digest(2));
await client.close();

/** What the digest of this number gave. Times when nothing was new do not count. */
async function digest(number: number): Promise<unknown> {
  for (;;) {
    const runs = await client.runs.list({ status: "completed" });
    const sent = runs.filter(({ output }) => output !== "nothing new").reverse();
    if (sent.length >= number) return sent[number - 1]?.output;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
