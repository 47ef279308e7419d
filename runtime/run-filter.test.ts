/** Lists of runs as people ask for them, over a real store. */
import { afterEach, expect, test } from "vitest";
import { Backstitch } from "./client.ts";
import { encode } from "./codec/index.ts";
import { runId } from "./route.ts";
import type { Commit, Store } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import { sqlite } from "./stores/sqlite/index.ts";

const clients: Backstitch[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** One run per change of its last commit, a second apart. */
async function runsOf(store: Store, changes: readonly Partial<Commit>[]) {
  const client = new Backstitch({ id: "app", store });
  clients.push(client);
  await client.runs.list();
  const ids: string[] = [];
  for (const [n, change] of changes.entries()) {
    const event = { id: `e${n}`, app: "app", name: n % 2 ? "odd" : "even", data: encode({ n }), receivedAt: 1_000 * n };
    const id = runId(event, "f");
    ids.push(id);
    await store.putEvents([event]);
    await store.route(event, [{ id, app: "app", functionId: "f", eventId: event.id, wakeAt: 0 }]);
    const [claim] = await store.claim({ app: "app", worker: "w", functions: ["f"], limit: 1, now: 1, leaseMs: 1 });
    const rest = { now: 1, status: "running", label: null, wakeAt: null, release: true, steps: [] } as const;
    await store.commit([{ run: id, epoch: claim?.epoch ?? 0, ...rest, ...change }]);
  }
  return { runs: client.runs, numbers: (found: readonly { id: string }[]) => found.map(({ id }) => ids.indexOf(id)) };
}

const failed = (message: string): Partial<Commit> => ({ status: "failed", error: encode(new TypeError(message)) });

test.each([
  ["memory", () => memoryStore()],
  ["SQLite", () => sqlite({ path: ":memory:" })],
])("runs are found by time, event, label, and the text of their errors: %s", async (_, create) => {
  const { runs, numbers } = await runsOf(create(), [
    failed("Card declined"),
    { label: "order > pay" },
    { status: "blocked", error: encode(new Error("card reader is off")) },
    failed("no network"),
    { status: "completed", output: encode(1) },
  ]);
  const list = async (filter: object) => numbers(await runs.list(filter));
  expect(await list({ createdFrom: 1_000, createdBefore: new Date(4_000) })).toEqual([3, 2, 1]);
  expect(await list({ createdFrom: "1970-01-01T00:00:03Z" })).toEqual([4, 3]);
  expect(await list({ event: "odd" })).toEqual([3, 1]);
  expect(await list({ eventId: "e2" })).toEqual([2]);
  expect(await list({ label: "pay" })).toEqual([1]);
  expect(await list({ error: "CARD" })).toEqual([2, 0]);
  expect(await list({ error: "typeerror: card" })).toEqual([0]);
  expect(await list({ error: "card", status: "failed", limit: 1 })).toEqual([0]);
  expect(await list({ error: "card", event: "odd" })).toEqual([]);
  const { runs: first, next } = await runs.page({ limit: 1, error: "card" });
  expect(numbers(first)).toEqual([2]);
  expect(numbers((await runs.page({ error: "card", before: next })).runs)).toEqual([0]);
  const all: { id: string }[] = [];
  for await (const run of runs.each({ status: ["failed", "completed"] })) all.push(run);
  expect(numbers(all)).toEqual([4, 3, 0]);
});

test("a page looks at so many runs only, and says where to go on", async () => {
  const { runs, numbers } = await runsOf(memoryStore(), [failed("the first"), ...Array(2_100).fill(failed("other"))]);
  const page = await runs.page({ error: "the first" });
  expect(page).toMatchObject({ runs: [], next: expect.any(String) });
  expect(numbers((await runs.page({ error: "the first", before: page.next })).runs)).toEqual([0]);
  expect(numbers(await runs.list({ error: "the first" }))).toEqual([0]);
});

test("a window of SQLite that holds nothing is not the end of a list", async () => {
  const store = sqlite({ path: ":memory:" });
  const { runs, numbers } = await runsOf(store, [{ label: "pay" }]);
  const events = Array.from({ length: 10_500 }, (_, n) => `n${String(n).padStart(5, "0")}`);
  await store.putEvents(events.map((id) => ({ id, app: "app", name: "bulk", data: "1", receivedAt: 5 })));
  const run = (id: string) => ({ id: `f${id}`, app: "app", functionId: "f", eventId: id, wakeAt: 0 });
  for (const id of events) await store.route({ app: "app", id }, [run(id)]);
  expect(await runs.page({ label: "pay" })).toEqual({ runs: [], next: "fn00500" });
  expect(numbers(await runs.list({ label: "pay" }))).toEqual([0]);
});

test("a value that cannot be read hides nothing else", async () => {
  const { runs } = await runsOf(memoryStore(), [{ status: "completed", output: '[1,{"$class":["gone",{}]}]' }]);
  const [run] = await runs.list();
  expect(run).toMatchObject({ status: "completed", event: { data: { n: 0 } }, output: { name: "DecodeError" } });
});

test.each<[object, RegExp]>([
  [{ status: "done" }, /`status` of runs.list\(\) is "done".*"blocked".*BS2050/],
  [{ status: [] }, /`status` .* empty list.*BS2050/],
  [{ label: "" }, /`label` of runs.list\(\).*BS2050/],
  [{ createdFrom: "soon" }, /`createdFrom` of runs.list\(\) was given "soon".*BS2012/],
  [{ limit: 0 }, /`limit` .* is 0.*1 to 1000.*BS2013/],
  [{ lable: "x" }, /no option `lable`.*BS2013/],
])("a wrong filter is refused: %j", async (filter, message) => {
  const { runs } = await runsOf(memoryStore(), []);
  await expect(runs.list(filter)).rejects.toThrow(message);
});
