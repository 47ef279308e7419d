/** The driver against a store that crashes, fences, drains and loses workers. */
import { beforeEach, describe, expect, it } from "vitest";
import { decode } from "../codec/index.ts";
import type { Claim, Commit, CommitResult, StepRecord } from "../store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { driveRun } from "./driver.ts";
import { ordinaryAwait, sleeps, strays, throwingSegment, world } from "./faults.emitted.ts";
import { generateResult } from "./programs.emitted.ts";
import { memoryHost, newClaim } from "./testing-support.ts";

/** A run in a store that keeps what was committed. */
class Disk {
  readonly clock = new VirtualClock(1_000);
  readonly commits: Commit[] = [];
  lostClaims = 0;
  #epoch = 0;

  get steps(): StepRecord[] {
    return this.commits.flatMap(({ steps }) => steps);
  }

  get last(): Commit | undefined {
    return this.commits.at(-1);
  }

  claim(data: unknown = {}): Claim {
    if (this.last?.status === "running" && this.last.wakeAt === null)
      throw new Error("nobody would ever claim this run again");
    const frame = this.commits.findLast(({ frame }) => frame !== undefined)?.frame ?? null;
    const changes = { epoch: ++this.#epoch, seq: this.commits.length, frame, lostClaims: this.lostClaims };
    return newClaim(data, changes);
  }

  host(overrides: Partial<DriverHost> = {}): DriverHost {
    const commit = async (body: Commit) => this.write(body);
    return { ...memoryHost(() => {}), clock: this.clock, commit, ...overrides };
  }

  write(commit: Commit): CommitResult {
    if (commit.epoch !== this.#epoch) return "fenced";
    this.commits.push(commit);
    return "ok";
  }
}

const never = new Promise<never>(() => {});

/** Drives until commit number `count` is on disk; the process then dies: nothing answers any more. */
async function crashAfter(disk: Disk, fn: RunnableFunction, count: number, data?: unknown): Promise<void> {
  await new Promise<void>((resolve) => {
    const commit = (body: Commit) => {
      disk.write(body);
      if (disk.commits.length < count) return Promise.resolve("ok" as const);
      resolve();
      return never;
    };
    void driveRun(disk.claim(data), fn, disk.host({ commit }));
  });
}

beforeEach(() => Object.assign(world, { log: [], throws: 0, outside: async () => "fetched" }));

describe("commits", () => {
  it("are one per step in sequential code, with outcome and next frame together", async () => {
    const disk = new Disk();
    expect(await driveRun(disk.claim({ prompt: "p", channelID: "c" }), generateResult, disk.host())).toBe("ended");
    expect(disk.commits.map(({ status, label, steps }) => [status, label, steps.map(({ id }) => id)])).toEqual([
      ["running", "generate-image-dall-e", []],
      ["running", "notify-user", ["generate-image-dall-e"]],
      ["completed", null, ["notify-user"]],
    ]);
  });

  it("come before the callbacks of the ops in them", async () => {
    const disk = new Disk();
    const begun: number[] = [];
    const script: DriverHost["script"] = (_call, real) => {
      begun.push(disk.commits.length);
      return real();
    };
    await driveRun(disk.claim({ prompt: "p" }), generateResult, disk.host({ script }));
    expect(begun).toEqual([1, 2]);
  });

  it.each([1, 2, 3, 4])("survive a crash after number %i, and no recorded step runs again", async (count) => {
    const disk = new Disk();
    world.outside = () => new Promise((resolve) => setImmediate(resolve, "fetched"));
    await crashAfter(disk, ordinaryAwait, count);
    if (disk.last?.status === "running") await driveRun(disk.claim(), ordinaryAwait, disk.host());
    expect(disk.last).toMatchObject({ status: "completed" });
    expect(decode(disk.last?.output ?? "")).toBe("a fetched");
    expect(disk.steps.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(world.log.filter((entry: string) => entry === "a")).toHaveLength(1);
  });
});

describe("an ordinary await", () => {
  it("records the outcome before it first; after a crash the segment is repeated and the step is not", async () => {
    const disk = new Disk();
    world.outside = () => never;
    await crashAfter(disk, ordinaryAwait, 2);
    expect(disk.steps).toMatchObject([{ id: "a", status: "completed" }]);
    world.outside = async () => "fetched later";
    expect(await driveRun(disk.claim(), ordinaryAwait, disk.host())).toBe("ended");
    expect(decode(disk.last?.output ?? "")).toBe("a fetched later");
    expect(world.log).toEqual(["a", "fetch", "fetch"]);
  });
});

describe("letting a run go", () => {
  it("happens in the commit of the park when its timer is far", async () => {
    const disk = new Disk();
    const host = disk.host({ holdMs: 20 });
    expect(await driveRun(disk.claim(), sleeps, host)).toBe("released");
    expect(disk.commits).toMatchObject([{ release: true, wakeAt: 91_000, label: "nap" }]);
    expect(await driveRun(disk.claim(), sleeps, host)).toBe("released");
    await disk.clock.until(91_000);
    expect(await driveRun(disk.claim(), sleeps, host)).toBe("released");
    expect(disk.last).toMatchObject({ wakeAt: 100_000, label: "until" });
  });

  it("keeps the attempts of a step and of a segment", async () => {
    const disk = new Disk();
    const host = disk.host({ holdMs: 20 });
    world.throws = 1;
    let failures = 1;
    const script: DriverHost["script"] = (_call, real) => {
      if (failures-- > 0) throw new Error("down");
      return real();
    };
    expect(await driveRun(disk.claim(), throwingSegment, { ...host, script })).toBe("released");
    expect(disk.last).toMatchObject({ wakeAt: 61_000, steps: [{ status: "retrying", attempt: 0 }] });
    await disk.clock.until(61_000);
    expect(await driveRun(disk.claim(), throwingSegment, { ...host, script })).toBe("released");
    expect(disk.last).toMatchObject({ wakeAt: 121_000, steps: [{ status: "completed", attempt: 1 }] });
    await disk.clock.until(121_000);
    expect(await driveRun(disk.claim(), throwingSegment, { ...host, script })).toBe("ended");
    expect(world.log).toEqual(["a", "between, attempt 0", "between, attempt 1"]);
  });

  it("waits for running callbacks when the worker drains, and begins no new ones", async () => {
    const disk = new Disk();
    let draining = false;
    const script: DriverHost["script"] = async (_call, real) => {
      draining = true;
      return real();
    };
    const host = disk.host({ script, draining: () => draining });
    expect(await driveRun(disk.claim({ prompt: "p" }), generateResult, host)).toBe("released");
    expect(disk.steps.map(({ id }) => id)).toEqual(["generate-image-dall-e"]);
    expect(disk.last).toMatchObject({ release: true, wakeAt: 1_000, label: "notify-user" });
  });
});

describe("a lost fence", () => {
  it("ends the drive at the refused commit", async () => {
    const disk = new Disk();
    const claim = disk.claim();
    disk.claim();
    expect(await driveRun(claim, generateResult, disk.host())).toBe("fenced");
    expect(disk.commits).toEqual([]);
  });

  it("ends the drive at once when it is told, and ignores late results", async () => {
    const disk = new Disk();
    const stop = new AbortController();
    const host = disk.host({ signal: stop.signal, script: () => never });
    const drive = driveRun(disk.claim(), generateResult, host);
    stop.abort();
    expect(await drive).toBe("fenced");
  });
});

describe("lost workers", () => {
  it("count as attempts, make the driver cautious, and end in quarantine", async () => {
    const disk = new Disk();
    await crashAfter(disk, ordinaryAwait, 1);
    disk.lostClaims = 2;
    await driveRun(disk.claim(), ordinaryAwait, disk.host());
    expect(disk.steps[0]).toMatchObject({ id: "a", attempt: 2 });
    expect(disk.commits.map(({ steps }) => steps.length)).toEqual([0, 1, 0, 1, 0]);
    const lost = new Disk();
    lost.lostClaims = 5;
    expect(await driveRun(lost.claim(), ordinaryAwait, lost.host())).toBe("blocked");
    expect(decode(lost.last?.error ?? "")).toMatchObject({ code: "BS2105" });
  });
});

describe("what cannot be driven", () => {
  it("blocks the run when the store refuses its commit, and keeps the frame", async () => {
    const disk = new Disk();
    const commit = async (body: Commit) => {
      if (body.steps.length > 0) throw new Error("too large");
      return disk.write(body);
    };
    expect(await driveRun(disk.claim(), ordinaryAwait, disk.host({ commit }))).toBe("blocked");
    expect(disk.last).toMatchObject({ status: "blocked", label: "a" });
    expect(decode(disk.last?.error ?? "")).toMatchObject({ code: "BS2109", cause: { message: "too large" } });
    expect(disk.last?.frame).toBeUndefined();
  });

  it("blocks the run when its event cannot be read", async () => {
    const disk = new Disk();
    const claim = disk.claim();
    const event = { ...claim.event, data: "{" };
    expect(await driveRun({ ...claim, event }, ordinaryAwait, disk.host())).toBe("blocked");
    expect(decode(disk.last?.error ?? "")).toMatchObject({ code: "BS2104" });
  });
});

describe("a frame that no loaded code continues", () => {
  it("blocks the run and is kept", async () => {
    const disk = new Disk();
    await crashAfter(disk, generateResult, 1);
    const claim = { ...disk.claim(), frame: (disk.last?.frame ?? "").replaceAll("generate-image-dall-e", "gone") };
    expect(await driveRun(claim, generateResult, disk.host())).toBe("blocked");
    expect(decode(disk.last?.error ?? "")).toMatchObject({ code: "BS2103" });
    expect(disk.last?.frame).toBeUndefined();
    for (const frame of ["{", '[1,[{"$pieces":[0,1]}]]']) {
      expect(await driveRun({ ...disk.claim(), frame }, generateResult, disk.host())).toBe("blocked");
      expect(decode(disk.last?.error ?? "")).toMatchObject({ code: "BS2104" });
    }
  });

  it("is left to workers that may have its code, or can read it", async () => {
    for (const change of [(frame: string) => frame.replaceAll("generate-image-dall-e", "gone"), () => "{"]) {
      const disk = new Disk();
      await crashAfter(disk, generateResult, 1);
      const claim = { ...disk.claim(), frame: change(disk.last?.frame ?? "") };
      expect(await driveRun(claim, generateResult, disk.host({ leave: () => true }))).toBe("released");
      expect(disk.last).toMatchObject({ status: "running", release: true, wakeAt: 0, steps: [] });
      expect(disk.last?.frame).toBeUndefined();
    }
  });

  it("is left as well when the code turns out to go another way", async () => {
    const disk = new Disk();
    world.stray = false;
    await crashAfter(disk, strays, 2);
    expect(disk.last?.label).toBe("there");
    world.stray = true;
    const claim = disk.claim();
    expect(await driveRun(claim, strays, disk.host({ leave: () => true }))).toBe("released");
    expect(disk.last).toMatchObject({ status: "running", release: true, wakeAt: 0, steps: [] });
    expect(await driveRun(disk.claim(), strays, disk.host({ leave: () => false }))).toBe("blocked");
    expect(decode(disk.last?.error ?? "")).toMatchObject({ code: "BS2106" });
    world.stray = false;
  });
});
