// Large orders are shipped when a person has approved them, and cancelled when nobody does so in time.
import { Backstitch } from "backstitch";
import { sqlite } from "backstitch/sqlite";

const client = new Backstitch<{
  "order/placed": { data: { orderId: string; total: number } };
  "order/approved": { data: { orderId: string; by: string } };
}>({ id: "approval", store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "approval.db" }) });

client.createFunction({ id: "handle-order" }, { event: "order/placed" }, async ({ event, step }) => {
  const { orderId, total } = event.data;
  await step.run("reserve-goods", () => say(orderId, "goods are reserved"));

  if (total > 100) {
    await step.run("ask-for-approval", () => say(orderId, `somebody must approve of ${total}`));
    const approval = await step.waitForEvent("approval", {
      event: "order/approved",
      match: "data.orderId",
      timeout: "2s", // days, in earnest
    });
    if (approval === null) {
      await step.run("release-goods", () => say(orderId, "nobody approved; goods are released"));
      return "cancelled";
    }
    await step.run("note-approval", () => say(orderId, `${approval.data.by} approved`));
  }

  await step.run("ship", () => say(orderId, "shipped"));
  return "shipped";
});

function say(orderId: string, text: string): void {
  console.log(`${orderId}: ${text}`);
}

const worker = client.worker({ pollMs: 20 });
await worker.start();
await client.send([
  { name: "order/placed", data: { orderId: "small", total: 20 } },
  { name: "order/placed", data: { orderId: "large", total: 500 } },
  { name: "order/placed", data: { orderId: "forgotten", total: 700 } },
]);
await runs((all) => all.filter(({ label }) => label === "approval").length === 2);
await client.send({ name: "order/approved", data: { orderId: "large", by: "Grace" } });
const ended = await runs((all) => all.every(({ endedAt }) => endedAt !== null));
for (const { event, output } of ended) console.log(`${event.data.orderId} was ${output}`);
await client.close();

/** The runs of the three orders, in that order, once they look so. */
async function runs(holds: (all: Awaited<ReturnType<typeof client.runs.list>>) => boolean) {
  for (;;) {
    const all = await client.runs.list();
    if (all.length === 3 && holds(all)) {
      return [...all].sort((a, b) => a.event.data.total - b.event.data.total);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
