/** Several stores on one schema at the same time. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Claim, Commit, Store } from "../../store.ts";
import { emptySchema, newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres } from "./index.ts";

const server = testServer();
let options: PostgresOptions;
let stores: Store[];

beforeAll(async () => {
  options = newSchema(server());
  stores = Array.from({ length: 3 }, () => postgres(options));
  await Promise.all(stores.map((store) => store.open()));
});
afterAll(() => Promise.all(stores.map((store) => store.close())));

const names = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** Runs that a worker holds. */
async function held(ids: readonly string[], worker: string, parent?: (id: string) => string): Promise<Claim[]> {
  const [store] = stores as [Store];
  const events = ids.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }));
  await store.putEvents(
    events.map((event) => ({ ...event, ...(parent && { parent: { run: parent(event.id), op: 1 } }) })),
  );
  for (const id of ids) {
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: worker, eventId: id, wakeAt: 0 }]);
  }
  const request = { app: "shop", worker, functions: [worker], limit: ids.length, now: 1, leaseMs: 60_000 };
  const claims = await store.claim(request);
  expect(claims).toHaveLength(ids.length);
  return claims;
}

const parked = ({ run, epoch, seq }: Claim, changes: Partial<Commit> = {}): Commit => {
  return {
    run,
    epoch,
    seq,
    now: 2,
    status: "running",
    label: null,
    wakeAt: null,
    release: true,
    steps: [],
    ...changes,
  };
};

it("no wake-up is lost between a run that parks and what comes for it", async () => {
  const [a, b, c] = stores as [Store, Store, Store];
  for (let round = 0; round < 5; round++) {
    const ids = names(24, `p${round}-`);
    const claims = await held(ids, "park");
    const signal = (id: string) => ({ op: 1, kind: "signal", name: id }) as const;
    await a.commit(claims.map((claim) => parked(claim, { release: false, waits: [signal(claim.run)] })));
    const [commits, signals, cancels] = await Promise.all([
      a.commit(claims.map((claim) => parked({ ...claim, seq: 1 }))),
      Promise.all(ids.map((id, n) => (n % 3 === 0 ? b.signal("shop", id, "1", 5) : undefined))),
      Promise.all(ids.map((id, n) => (n % 3 === 1 ? c.cancel(id, 5, { unwind: true }) : undefined))),
    ]);
    expect(commits).toEqual(ids.map(() => "ok"));
    expect(signals.filter(Boolean)).toHaveLength(8);
    expect(cancels.filter(Boolean)).toHaveLength(8);
    const request = { app: "shop", worker: "w", functions: ["park"], limit: 99, now: 10, leaseMs: 60_000 };
    const woken = await b.claim(request);
    expect(woken.map(({ run, mail }) => [run, mail.length]).sort()).toEqual(
      ids
        .filter((_, n) => n % 3 < 2)
        .map((id) => [id, 1])
        .sort(),
    );
    await emptySchema(options);
  }
});

it("workers whose runs tell each other's runs of their end do not wait for each other for ever", async () => {
  const [a, b, c] = stores as [Store, Store, Store];
  const [left, right] = [names(20, "left-"), names(20, "right-")];
  const lefts = await held(left, "l");
  const rights = await held(right, "r");
  // Children of the one worker's runs are held by the other, and both go on and end in the same batches, in other orders.
  const leftChildren = await held(names(20, "lc-"), "l", (id) => id.replace("lc", "right"));
  const rightChildren = await held(names(20, "rc-"), "r", (id) => id.replace("rc", "left"));
  const ending = (claims: readonly Claim[]) =>
    claims.map((claim) => parked(claim, { status: "completed", output: "1" }));
  const going = (claims: readonly Claim[]) => claims.map((claim) => parked(claim, { release: false }));
  const results = await Promise.all([
    a.commit([...going(lefts), ...ending(leftChildren).reverse()]),
    b.commit([...ending(rightChildren), ...going(rights).reverse()]),
    ...left.map((id) => c.cancel(id, 5, { unwind: true })),
    ...right.toReversed().map((id) => c.cancel(id, 5, { unwind: true })),
  ]);
  expect(results.flat().every((result) => result === "ok" || result === true)).toBe(true);
  for (const [worker, ids] of [
    ["l", left],
    ["r", right],
  ] as const) {
    const unread = await a.unreadMail("shop", worker);
    expect(unread.map(({ run, mail }) => [run, mail.map(({ kind }) => kind).sort()]).sort()).toEqual(
      ids.map((id) => [id, ["cancel", "completed"]]).sort(),
    );
  }
  await emptySchema(options);
});

it("a pool is never over its limit, and everybody is served, whoever gives back and asks at the same time", async () => {
  const ids = names(18, "s-");
  const claims = await held(ids, "slots");
  const commits = new Map(ids.map((id) => [id, 0]));
  const asked = [
    {
      op: 1,
      pools: [
        { name: "one", limit: 2 },
        { name: "two", limit: 3 },
      ],
      rank: 0,
    },
  ];
  let having = 0;
  let most = 0;
  const commit = async (store: Store, claim: Claim, changes: Partial<Commit>) => {
    const seq = commits.get(claim.run) as number;
    commits.set(claim.run, seq + 1);
    const [result] = await store.commit([parked(claim, { seq, release: false, ...changes })]);
    return typeof result === "object" && result.granted.includes(1);
  };
  const serve = async (claim: Claim, n: number) => {
    const store = stores[n % stores.length] as Store;
    let granted = await commit(store, claim, { acquire: asked });
    while (!granted) {
      const unread = await store.unreadMail("shop", "slots");
      granted = unread.some(({ run, mail }) => run === claim.run && mail.some(({ kind }) => kind === "slot"));
    }
    having += 1;
    most = Math.max(most, having);
    await store.nextWake("shop", ["slots"]);
    having -= 1;
    await commit(store, claim, n % 2 === 0 ? { giveBack: [1] } : { status: "completed" });
  };
  await Promise.all(claims.map(serve));
  expect(most).toBeLessThanOrEqual(2);
  await emptySchema(options);
});

it("of changes that are decided upon the same state, one holds", async () => {
  const key = { app: "shop", functionId: "f", kind: "k", key: "x".repeat(5_000) };
  for (const before of [undefined, "0"]) {
    const results = await Promise.all(
      stores.map((store, n) =>
        store.changeStates([{ ...key, before, after: before === undefined ? "0" : `${n + 1}` }], [], 0),
      ),
    );
    expect(results.filter((result) => result === "ok")).toHaveLength(1);
  }
});
