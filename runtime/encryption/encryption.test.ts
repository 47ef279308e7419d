import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, test } from "vitest";
import { Backstitch } from "../client.ts";
import { DecodeError } from "../codec/index.ts";
import { BackstitchError } from "../errors.ts";
import type { FramePiece } from "../frame-pieces.ts";
import type { Claim, Commit, Store } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite/index.ts";
import { temporaryFolder } from "../stores/testing-support.ts";
import { ShiftedClock } from "../testing/shifted-clock.ts";
import { testStore } from "../testing/store-suite.ts";
import type { Handler, Run } from "../types.ts";
import { encrypted } from "./index.ts";
import { secretive } from "./secretive.emitted.ts";

const oldKey = randomBytes(32);
const newKey = randomBytes(32).toString("base64");
const keys = [newKey, oldKey];

testStore("encrypted", { create: () => encrypted(memoryStore(), { keys }), describe, it });
testStore("encrypted, on SQLite", {
  create: () => encrypted(sqlite({ path: newFile() }), { keys, requireEncrypted: true }),
  describe,
  it,
});

const folder = temporaryFolder();
let files = 0;
function newFile(): string {
  files += 1;
  return join(folder(), `${files}.db`);
}

const clients: Backstitch[] = [];
let clock = new ShiftedClock();
const hourMs = 3_600_000;
afterEach(async () => {
  clock = new ShiftedClock();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function clientOf(store: Store): Backstitch {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const client = new Backstitch({ id: "app", store, logger, backoff: [1] }, { clock });
  clients.push(client);
  client.createFunction({ id: "f", retries: 1 }, { event: "go" }, secretive as Handler);
  return client;
}

const output = ["slot-secret event-secret", "output-secret input-secret"];

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The newest run, once so many runs are parked at their sleep. */
async function parkedRun(client: Backstitch, count = 1): Promise<Run> {
  return until(async () => {
    const runs = await client.runs.list({ status: "running" });
    return runs.filter(({ label }) => label === "pause").length === count ? runs[0] : undefined;
  });
}

/** Stores a run that is parked at its sleep, and closes its client. */
async function leaveParked(store: Store): Promise<string> {
  const client = clientOf(store);
  await client.send({ name: "go", data: { word: "event-secret" } });
  await client.worker({ pollMs: 5, leaveMs: 0 }).start();
  const { id } = await parkedRun(client);
  await client.close();
  return id;
}

/** What another client makes of a parked run, an hour later. */
async function endOf(store: Store, id: string): Promise<Run> {
  clock.setForward(hourMs);
  const client = clientOf(store);
  await client.worker({ pollMs: 5, leaveMs: 0 }).start();
  return until(async () => (await client.runs.list()).find((run) => run.id === id && run.status !== "running"));
}

function bytesOnDisk(path: string): string {
  const names = readdirSync(folder()).filter((name) => join(folder(), name).startsWith(path));
  return names.map((name) => readFileSync(join(folder(), name), "latin1")).join();
}

test("what a store says of itself is said of it", () => {
  const remote = Object.assign(memoryStore(), { writesElsewhere: true });
  expect([encrypted(remote, { keys }).writesElsewhere, encrypted(memoryStore(), { keys }).writesElsewhere]).toEqual([
    true,
    undefined,
  ]);
});

test("nothing of the user's is on disk in plain text", async () => {
  const path = newFile();
  const client = clientOf(encrypted(sqlite({ path }), { keys }));
  await client.send({ name: "go", data: { word: "event-secret" } });
  await client.worker({ pollMs: 5, leaveMs: 0 }).start();
  await parkedRun(client);
  const whileParked = bytesOnDisk(path);
  await client.send({ name: "go", id: "two", data: { word: "event-secret", fails: true } });
  await parkedRun(client, 2);
  clock.setForward(hourMs);
  const failed = await until(async () => (await client.runs.list({ status: "failed" }))[0]);
  expect((failed.error as Error).message).toBe("error-secret of the run");
  const steps = await client.runs.steps(failed.id);
  expect(steps.map(({ output: result, error }) => result ?? (error as Error | undefined)?.message)).toEqual([
    "output-secret input-secret",
    "error-secret",
    "error-secret",
    undefined,
  ]);
  await client.close();
  const bytes = whileParked + bytesOnDisk(path);
  expect(bytes).toContain("aes-256-gcm");
  expect(bytes).not.toContain("-secret");
  // Without the wrapper the same words are found.
  const plain = newFile();
  await leaveParked(sqlite({ path: plain }));
  for (const word of ["event", "slot", "output", "input", "error"]) {
    expect(bytesOnDisk(plain)).toContain(`${word}-secret`);
  }
});

test("a new key in front of the old one: runs go on, and what is written needs the new one", async () => {
  const path = newFile();
  const id = await leaveParked(encrypted(sqlite({ path }), { keys: oldKey }));
  const run = await endOf(encrypted(sqlite({ path }), { keys: [newKey, oldKey] }), id);
  expect(run).toMatchObject({ status: "completed", output });
  await clients.pop()?.close();
  const [seen] = await clientOf(encrypted(sqlite({ path }), { keys: newKey })).runs.list();
  expect(seen?.output).toEqual(output);
  expect(seen?.event.data).toBeInstanceOf(DecodeError);
});

test("a run whose key is missing is blocked, the others go on, and it goes on when the key is back", async () => {
  const path = newFile();
  const id = await leaveParked(encrypted(sqlite({ path }), { keys: oldKey }));
  const client = clientOf(encrypted(sqlite({ path }), { keys: newKey }));
  clock.setForward(hourMs);
  await client.worker({ pollMs: 5, leaveMs: 0 }).start();
  const blocked = await until(async () => (await client.runs.list({ status: "blocked" }))[0]);
  expect(blocked).toMatchObject({ id, label: "pause", error: { code: "BS2030" } });
  expect(blocked.error).toBeInstanceOf(BackstitchError);
  expect(String(blocked.error)).toMatch(new RegExp(`the frame of run ${id} was encrypted with the key "`));
  await client.send({ name: "go", id: "other", data: { word: "event-secret" } });
  await parkedRun(client);
  clock.setForward(hourMs);
  await until(async () => (await client.runs.list({ status: "completed" }))[0]);
  expect(String((await client.runs.get(id))?.event.data)).toMatch(/the data of app app, event .*BS2030/);
  await client.close();
  const again = clientOf(encrypted(sqlite({ path }), { keys: [newKey, oldKey] }));
  expect(await again.runs.resume(id)).toBe(true);
  await again.worker({ pollMs: 5, leaveMs: 0 }).start();
  expect(await again.runs.wait(id, { pollMs: 2 })).toMatchObject({ output });
});

test("a worker that does not decrypt blocks the run and tells what is missing", async () => {
  const store = sqlite({ path: newFile() });
  const id = await leaveParked(encrypted(store, { keys }));
  const run = await endOf(store, id);
  expect(run.status).toBe("blocked");
  expect((run.error as Error).message).toMatch(/Give the store to encrypted\(\).*BS2030/);
});

/** A store that hands out other texts than it was given. */
function forged(store: Store, forge: (text: string, run: string) => string): Store {
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      const member: unknown = target[name];
      if (name !== "claim") return typeof member === "function" ? member.bind(target) : member;
      return async (request: Parameters<Store["claim"]>[0]) =>
        (await target.claim(request)).map((claim) => ({
          ...claim,
          frame: claim.frame === null ? null : forge(claim.frame, claim.run),
        }));
    },
  });
}

const aChangedByte = (text: string) =>
  text.replace(/(.)(.{40}"\])$/, (_, byte, rest) => (byte === "A" ? "B" : "A") + rest);

test.each<[string, (text: string) => string, RegExp]>([
  ["a changed byte", aChangedByte, /was changed since/],
  ["a shortened text", (text) => `${text.slice(0, -30)}"]`, /was changed since|is not a whole/],
  ["no more than the envelope", (text) => text.replace(/"[^"]*"\]$/, '"AAAA"]'), /was changed since/],
  ["another form", (text) => text.replace(",1,", ",2,"), /form 2/],
  ["text that is cut off", (text) => text.slice(0, -2), /is not a whole encrypted text/],
  ["plain text", () => '[1,{"format":3}]', /is not encrypted/],
])("%s blocks the run", async (_, forge, message) => {
  const store = sqlite({ path: newFile() });
  const id = await leaveParked(encrypted(store, { keys, requireEncrypted: true }));
  const run = await endOf(encrypted(forged(store, forge), { keys, requireEncrypted: true }), id);
  expect(run.status).toBe("blocked");
  expect((run.error as Error).message).toMatch(message);
});

test("a text that was moved to another row or field is refused", async () => {
  const store = memoryStore();
  const wrapped = encrypted(store, { keys });
  const event = { app: "app", name: "go", data: "[1,7]", receivedAt: 0 };
  await wrapped.putEvents([
    { ...event, id: "a" },
    { ...event, id: "b" },
  ]);
  const [a, b] = await store.unroutedEvents("app", 2);
  expect(a?.data).not.toBe(b?.data);
  const swapped = memoryStore();
  await swapped.putEvents([{ ...event, id: "a", data: b?.data ?? "" }]);
  const [read] = await encrypted(swapped, { keys }).unroutedEvents("app", 1);
  expect(read?.data).toMatch(/event a, name go was changed since it was encrypted, or belongs to another place/);
});

test("pieces of frames are sealed, each for its place; one that was moved makes the frame unreadable", async () => {
  const store = memoryStore();
  const wrapped = encrypted(store, { keys, requireEncrypted: true });
  const event = { app: "app", id: "r", name: "go", data: "[1,7]", receivedAt: 0 };
  await wrapped.putEvents([event]);
  await wrapped.route(event, [{ id: "r", app: "app", functionId: "f", eventId: "r", wakeAt: 0 }]);
  const request = { app: "app", functions: ["f"], limit: 1, leaseMs: 9 };
  const claimed = async (at: Store, now: number) =>
    (await at.claim({ ...request, worker: `w${now}`, now }))[0] as Claim;
  const pieces = [0, 1].map((index) => ({ array: 3, index, text: '"piece-secret"' }));
  const commit = async (at: Store, { epoch }: Claim, changes: Partial<Commit>) => {
    const going = { status: "running", label: "at", wakeAt: 0, release: false } as const;
    expect(await at.commit([{ run: "r", epoch, now: 1, steps: [], ...going, ...changes }])).toEqual(["ok"]);
  };
  await commit(wrapped, await claimed(wrapped, 0), { frame: '[1,[{"$pieces":[3,2]}]]', pieces });
  const stored = await claimed(store, 100);
  const [one, two] = stored.pieces as [FramePiece, FramePiece];
  expect(JSON.stringify([stored, await store.getParked("r")])).not.toContain("-secret");
  expect(one.text).not.toBe(two.text);
  const whole = '[1,["piece-secret","piece-secret"]]';
  expect((await wrapped.listParked({ limit: 1 }))[0]).not.toHaveProperty("pieces");
  expect((await wrapped.listParked({ limit: 1 }))[0]?.frame).toBe(whole);
  await commit(store, stored, { frame: stored.frame ?? "", pieces: [{ ...two, text: one.text }] });
  const told = /the text of run r, array 3, piece 1 was changed since it was encrypted, or belongs to another place/;
  const { frame, pieces: none } = await claimed(wrapped, 200);
  expect([frame, none]).toEqual([expect.stringMatching(told), []]);
  expect((await wrapped.getParked("r"))?.frame).toMatch(told);
});

test("what was stored before is read, unless that is refused", async () => {
  const path = newFile();
  const id = await leaveParked(sqlite({ path }));
  const strict = await endOf(encrypted(sqlite({ path }), { keys, requireEncrypted: true }), id);
  expect((strict.error as Error).message).toMatch(/is not encrypted, and `requireEncrypted` is set/);
  await clients.pop()?.close();
  const client = clientOf(encrypted(sqlite({ path }), { keys }));
  await client.runs.resume(id);
  await client.worker({ pollMs: 5, leaveMs: 0 }).start();
  expect(await client.runs.wait(id)).toMatchObject({ status: "completed" });
});

test.each<[unknown, RegExp]>([
  [undefined, /a key of encrypted\(\) is missing/],
  [[], /`keys` of encrypted\(\) is an empty list/],
  [[oldKey, null], /a key of encrypted\(\) is of type null/],
  [randomBytes(16), /a key of encrypted\(\) has 16 bytes/],
  ["correct horse", /a text of 13 characters that is not 32 bytes in hex or base64/],
])("keys that are none are refused: %#", (given, message) => {
  expect(() => encrypted(memoryStore(), { keys: given as string })).toThrow(message);
  expect(() => encrypted(memoryStore(), { keys: given as string })).toThrow(/BS2013/);
});

test("a key may be bytes, hex, base64 or base64url", async () => {
  const forms = [oldKey, ...(["hex", "base64", "base64url"] as const).map((form) => oldKey.toString(form))];
  const store = memoryStore();
  const event = { app: "app", name: "go", data: "[1,7]", receivedAt: 0 };
  for (const [id, form] of forms.entries())
    await encrypted(store, { keys: form }).putEvents([{ ...event, id: `${id}` }]);
  const read = await encrypted(store, { keys: oldKey }).unroutedEvents("app", 9);
  expect(read.map(({ data }) => data)).toEqual(forms.map(() => "[1,7]"));
});
