// A journey of three bookings. What was booked is cancelled, the last first, when the journey cannot take place.
import { Backstitch, NonRetriableError } from "backstitch";
import { sqlite } from "backstitch/sqlite";

const client = new Backstitch<{ "trip/wanted": { data: { to: string; nights: number } } }>({
  id: "travel",
  store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "travel.db" }),
});

client.createFunction({ id: "book-trip" }, { event: "trip/wanted" }, async ({ event, step }) => {
  const { to, nights } = event.data;

  const flight = await step
    .run("book-flight", () => booked("flight", to))
    .rollback(async (booking) => {
      await step.run("cancel-flight", () => cancelled(booking));
    });
  const hotel = await step
    .run("book-hotel", () => booked("hotel", `${to}, ${nights} nights`))
    .rollback(async (booking) => {
      await step.run("cancel-hotel", () => cancelled(booking));
    });
  const car = await step
    .run("book-car", () => booked("car", to))
    .rollback(async (booking) => {
      await step.run("cancel-car", () => cancelled(booking));
    });

  await step.run("pay", () => pay(nights));
  return [flight, hotel, car];
});

function booked(what: string, where: string): string {
  console.log(`  booked a ${what}: ${where}`);
  return what;
}

function cancelled(what: string): void {
  console.log(`  cancelled the ${what}`);
}

function pay(nights: number): void {
  if (nights > 7) throw new NonRetriableError("the card does not cover it");
  console.log("  paid");
}

const worker = client.worker({ pollMs: 20 });
await worker.start();
for (const nights of [3, 30]) {
  console.log(`${nights} nights in Lisbon`);
  const { ids } = await client.send({ name: "trip/wanted", data: { to: "Lisbon", nights } });
  const run = await endOf(ids[0] as string);
  console.log(`  ${run.status}${run.error instanceof Error ? `: ${run.error.message}` : ""}`);
}
await client.close();

/** The run that an event has started, once it has ended. */
async function endOf(eventId: string) {
  for (;;) {
    const run = (await client.runs.list()).find(({ event }) => event.id === eventId);
    if (run) return client.runs.wait(run.id);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
