/** Time until a run that another worker gave back executes its next step, by how many steps are done. */
import { join } from "node:path";
import { complete, makeClient, observed, output, probe, sqlite } from "./runs.mjs";
import { spread, summary } from "./statistics.mjs";
import { inFolder } from "./workspace.mjs";

/** @param done numbers of completed steps @param rounds how often each run is resumed, in turn with the others */
export async function measureResume(done, rounds) {
  return inFolder(async (folder) => {
    const runs = [];
    const most = Math.max(...done);
    for (const steps of done) {
      const file = join(folder, `${steps}.db`);
      await fill(file, most - steps + leastCommits);
      runs.push(await ResumedRun.parked(file, steps, rounds));
    }
    for (let round = 0; round < rounds; round++) {
      // In turns, each time another one first.
      for (let index = 0; index < runs.length; index++) await runs[(round + index) % runs.length].resume();
    }
    for (const run of runs) await run.client.close();
    const rows = runs.map(({ steps, fromClaimCall, fromClaim }) => ({
      steps,
      msWithClaim: summary(fromClaimCall),
      msAfterClaim: summary(fromClaim),
    }));
    return {
      rows,
      flatnessWithClaim: spread(rows.map(({ msWithClaim }) => msWithClaim)),
      flatnessAfterClaim: spread(rows.map(({ msAfterClaim }) => msAfterClaim)),
    };
  });
}

const leastCommits = 1_500;

/** All databases have seen as many commits: a write-ahead log that still grows takes more time for each. */
async function fill(file, steps) {
  const client = makeClient(sqlite({ path: file }));
  await complete(client, "loop", { steps }, () => {});
  await client.close();
}

/** One run, which every worker gives back after a step: nothing of it is left in memory. */
class ResumedRun {
  /** Milliseconds from the call of `store.claim` to the step's callback. The claim is a commit of its own. */
  fromClaimCall = [];
  /** Milliseconds from the claimed row to the callback: decoding, re-entry, start of the step. */
  fromClaim = [];

  constructor(file, steps) {
    this.steps = steps;
    const store = observed(sqlite({ path: file }), {
      claim: (claims, _args, startedAt) => {
        if (claims.length > 0) this.claim = { startedAt, endedAt: performance.now() };
      },
    });
    this.client = makeClient(store);
  }

  static async parked(file, steps, rounds) {
    const run = new ResumedRun(file, steps);
    await run.client.send({ name: "bench/loop", data: { steps: steps + rounds + 1 } });
    await run.#workUntil((index) => index === steps - 1);
    return run;
  }

  async resume() {
    await this.#workUntil(() => {
      const now = performance.now();
      this.fromClaimCall.push(now - this.claim.startedAt);
      this.fromClaim.push(now - this.claim.endedAt);
      return true;
    });
  }

  /** A worker that stops in the step for which `isLast` answers true. */
  async #workUntil(isLast) {
    const worker = this.client.worker();
    await new Promise((resolve, reject) => {
      probe.step = (index) => {
        if (isLast(index)) worker.stop().then(resolve, reject);
        return output;
      };
      worker.start().catch(reject);
    });
  }
}
