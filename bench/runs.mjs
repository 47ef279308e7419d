/** Runs of the compiled workflows through a real client and worker. Imported after `prepare()` has compiled them. */
import { sqlite } from "backstitch/sqlite";
import { makeClient } from "./dist/workflows/functions.js";
import { probe } from "./dist/workflows/probe.js";

export { makeClient, probe, sqlite };

/** What a step gives unless a benchmark needs something else: 100 bytes. */
export const output = "o".repeat(100);

/**
 * Runs a workflow from its event to its end.
 *
 * @param onStep called in each step with its number, before the step ends
 */
export async function complete(client, workflow, data, onStep) {
  const last = data.steps - 1;
  const lastStep = new Promise((resolve) => {
    probe.step = (index) => {
      onStep(index);
      if (index === last) resolve();
      return output;
    };
  });
  await client.send({ name: `bench/${workflow}`, data });
  await client.worker().start();
  await lastStep;
  const [run] = await client.runs.list({ limit: 1 });
  const { status } = await client.runs.wait(run.id, { pollMs: 2 });
  if (status !== "completed") throw new Error(`the run of "${workflow}" is ${status}`);
}

/** A store whose calls of some methods are seen: `after.claim(result, args, startedAt)` and the like. */
export function observed(store, after) {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const observe = after[name];
      if (observe === undefined) return member.bind(target);
      return async (...args) => {
        const startedAt = performance.now();
        const result = await member.apply(target, args);
        observe(result, args, startedAt);
        return result;
      };
    },
  });
}
