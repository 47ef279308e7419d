import { describe, expect, it } from "vitest";
import type { StoredState } from "../store.ts";
import { batched, debounced, rateAllows, throttledStart } from "./decide.ts";

const key = undefined;
const state = (value?: string, run?: StoredState["run"]): StoredState => ({
  ...{ app: "a", functionId: "f", kind: "k", key: "" },
  ...(value !== undefined && { value }),
  ...(run && { run }),
});

describe("a rate limit", () => {
  const rate = { limit: 2, periodMs: 100, key };
  const starts = (times: readonly number[]) => {
    let value: string | undefined;
    return times.filter((at) => {
      const change = rateAllows(value, at, 0, rate);
      value = change?.after ?? value;
      return change;
    });
  };

  it("allows so many in any period, however it is laid", () => {
    expect(starts([0, 90, 95, 100, 101, 189, 190, 199, 200])).toEqual([0, 90, 100, 190, 200]);
  });

  it("counts events of other times apart, and in any order", () => {
    expect(starts([1_000, 0, 1_001, 1, 1_002, 2])).toEqual([1_000, 0, 1_001, 1]);
  });
});

describe("a throttle", () => {
  const startsAt = (arrivals: readonly number[], limit: number, burst: number) => {
    let value: string | undefined;
    return arrivals.map((now) => {
      const { start, change } = throttledStart(value, now, { limit, burst, periodMs: 100, key });
      value = change.after;
      return start;
    });
  };

  it("spreads what comes at once, and lets what comes late begin", () => {
    expect(startsAt([0, 0, 0, 0, 130, 300], 4, 1)).toEqual([0, 25, 50, 75, 130, 300]);
    expect(startsAt([0, 0, 0, 0], 3, 1)).toEqual([0, 34, 67, 100]);
  });

  it("allows a burst after a rest", () => {
    expect(startsAt([0, 0, 0, 0, 0, 1_000, 1_000, 1_000], 2, 3)).toEqual([0, 0, 0, 50, 100, 1_000, 1_000, 1_000]);
  });

  it("never starts more in a period than limit and burst together", () => {
    const starts = startsAt(
      Array.from({ length: 400 }, (_, n) => n * 7),
      5,
      3,
    );
    for (const from of starts) {
      expect(starts.filter((start) => start >= from && start < from + 100).length).toBeLessThanOrEqual(5 + 3 - 1);
    }
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
  });
});

describe("a debounce", () => {
  const options = { periodMs: 100, timeoutMs: 250 };
  const left = (value: object, run: StoredState["run"]) => state(JSON.stringify(value), run);

  it("begins anew when no run waits", () => {
    const fresh = { wakeAt: 1_100, change: { after: '{"since":1000,"last":1000}', run: "new" } };
    expect(debounced(state(), 1_000, "new", options)).toEqual(fresh);
    for (const is of ["begun", "over"] as const) {
      expect(debounced(left({ since: 0, last: 990 }, { id: "old", is }), 1_000, "new", options)).toEqual(fresh);
    }
  });

  it("moves the run that waits, up to its limit, and drops an event that is older than its last", () => {
    const run = { id: "old", is: "waiting" } as const;
    const moved = debounced(left({ since: 900, last: 980 }, run), 1_000, "new", options);
    expect(moved).toEqual({ wakeAt: 1_100, change: { after: '{"since":900,"last":1000}', run: "old" } });
    expect(debounced(left({ since: 800, last: 980 }, run), 1_000, "new", options)).toMatchObject({ wakeAt: 1_050 });
    expect(debounced(left({ since: 900, last: 980 }, run), 979, "new", options)).toBeUndefined();
  });
});

describe("a batch", () => {
  const options = { maxSize: 3, timeoutMs: 100 };
  const run = { id: "old", is: "waiting" } as const;

  it("is due after its time, or when it is full, and then takes no more", () => {
    const first = batched(state(), 1_000, "old", options);
    expect(first).toEqual({ wakeAt: 1_100, change: { after: '{"count":1,"wakeAt":1100,"last":1000}', run: "old" } });
    const second = batched(state(first.change.after, run), 1_050, "new", options);
    expect(second).toMatchObject({ wakeAt: 1_100, change: { run: "old" } });
    const third = batched(state(second.change.after, run), 1_060, "new", options);
    expect([third.wakeAt, third.change.run]).toEqual([1_060, undefined]);
    expect(batched(state(third.change.after), 1_061, "new", options)).toMatchObject({ change: { run: "new" } });
  });

  it("does not begin before the latest of its events", () => {
    const first = batched(state(), 1_000, "old", options);
    const second = batched(state(first.change.after, run), 5_000, "new", options);
    const third = batched(state(second.change.after, run), 1_010, "new", options);
    expect([second.wakeAt, third.wakeAt]).toEqual([5_000, 5_000]);
  });
});
