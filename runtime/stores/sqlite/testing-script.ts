/** Run by the tests as a process of its own: `node <bundle> <role> <file>`. Each role reports in lines of output. */
import { writeSync } from "node:fs";
import type { Claim, Commit } from "../../store.ts";
import { newWorkerIdentity } from "../worker-identity.ts";
import { sqlite } from "./index.ts";

const [, , role = "", path = ""] = process.argv;
const request = { app: "shop", worker: newWorkerIdentity(), functions: ["f"], limit: 1, leaseMs: 600_000 };

const roles: Readonly<Record<string, () => Promise<void>>> = { open, share, commitForever, openWithoutRights };
await roles[role]?.();

/** Writes at once: a line that is still in a buffer when the process is killed would be lost. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

async function untilTold(): Promise<void> {
  for await (const _ of process.stdin);
}

function turn({ run, epoch }: Claim, op: number, changes: Partial<Commit> = {}): Commit {
  const step = { op, attempt: 0, id: "charge", kind: "step", status: "completed", output: `${op}` } as const;
  return {
    run,
    epoch,
    now: Date.now(),
    status: "running",
    frame: `frame ${op}`,
    label: `at ${op}`,
    wakeAt: 0,
    release: false,
    steps: [{ ...step, startedAt: op, endedAt: op }],
    ...changes,
  };
}

async function open(): Promise<void> {
  print("ready");
  await untilTold();
  const store = sqlite({ path });
  await store.open();
  print("open");
  await store.close();
}

/** Executes ten runs, beside other processes that do the same. */
async function share(): Promise<void> {
  const store = sqlite({ path });
  await store.open();
  print("ready");
  await untilTold();
  for (let done = 0; done < 10; ) {
    const [claim] = await store.claim({ ...request, now: Date.now() });
    if (!claim) throw new Error("another process took more than its part");
    const turns = [turn(claim, 1), turn(claim, 2), turn(claim, 3, { status: "completed" })];
    for (const each of turns) print(`${claim.run} ${await store.commit([each])}`);
    done += 1;
  }
  await store.close();
}

/** Goes on with the one run from its frame, and tells of each commit that was acknowledged, until it is killed. */
async function commitForever(): Promise<void> {
  const store = sqlite({ path });
  await store.open();
  const [claim] = await store.claim({ ...request, now: Date.now() });
  if (!claim) throw new Error("no run to claim");
  print(`claimed ${claim.epoch} ${claim.lostClaims} ${claim.frame}`);
  for (let op = claim.seq + 1; ; op += 1) {
    await store.commit([turn(claim, op)]);
    print(`${op}`);
  }
}

/** Opens the file as somebody who may not write to its folder. */
async function openWithoutRights(): Promise<void> {
  // Loads the driver while it may still be read.
  const other = sqlite({ path: ":memory:" });
  await other.open();
  await other.close();
  const nobody = 65534;
  if (process.getuid?.() === 0) process.seteuid?.(nobody);
  try {
    await sqlite({ path }).open();
    print("open");
  } catch (error) {
    print(String(error));
  }
}
