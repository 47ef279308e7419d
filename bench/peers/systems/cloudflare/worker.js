/** Executed by Cloudflare's runtime. `env.PROBE` is the process that measures. */
import { WorkflowEntrypoint } from "cloudflare:workers";

const output = "o".repeat(100);

export class Loop extends WorkflowEntrypoint {
  async run({ payload: { steps } }, step) {
    for (let index = 0; index < steps; index++) {
      const isSeen = this.env.RESUMED || index === 0 || index === steps - 1;
      await step.do("work", () => (isSeen ? tell(this.env, index) : output));
    }
  }
}

export class Undone extends WorkflowEntrypoint {
  async run(_event, step) {
    try {
      await step.do("reserve", () => tell(this.env, 0));
      await step.do("charge", { retries: { limit: 0, delay: 0 } }, () => {
        throw new Error("declined");
      });
    } catch {
      await step.do("release", () => tell(this.env, 2));
    }
  }
}

async function tell(env, index) {
  await env.PROBE.fetch("http://probe/", { method: "POST", body: String(index) });
  return output;
}

export default {
  /** Creates runs. One that is there already goes on: a run is not woken by itself when the server starts again. */
  async fetch(request, env) {
    const [workflow, runs, steps] = await request.json();
    const workflows = { loop: env.LOOP, undone: env.UNDONE };
    const runOf = (_, n) => ({ id: `run-${n}`, params: { steps } });
    await workflows[workflow].createBatch(Array.from({ length: runs }, runOf));
    return new Response();
  },
};
