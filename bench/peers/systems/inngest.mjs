/**
 * Inngest's SDK alone: its handler is called with all outputs so far, as its server calls it, and answers with the next one.
 * Nothing is stored. A run that is resumed begins with its outputs in memory.
 */
import { Inngest } from "inngest";
import { serve } from "inngest/edge";

export async function open({ resumed, probe }) {
  const client = new Inngest({ id: "bench", isDev: true });
  const loop = async ({ event, step }) => {
    for (let index = 0; index < event.data.steps; index++) await step.run("work", () => probe(index));
  };
  const undone = async ({ step }) => {
    try {
      await step.run("reserve", () => probe(0));
      await step.run("charge", () => probe(1));
    } catch {
      await step.run("release", () => probe(2));
    }
  };
  const functions = Object.entries({ loop, undone }).map(([id, handler]) =>
    client.createFunction({ id, retries: 0, checkpointing: false, triggers: [{ event: id }] }, handler),
  );
  const handle = serve({ client, functions });
  const started = [];
  const call = async (workflow, data, steps) => {
    const request = new Request(`http://localhost/api/inngest?fnId=bench-${workflow}&stepId=step`, {
      method: "POST",
      headers: { "content-type": "application/json", host: "localhost" },
      body: JSON.stringify(requestBody(workflow, data, steps)),
    });
    return (await handle(request)).json();
  };
  const run = async (workflow, data) => {
    const steps = {};
    for (;;) {
      const answer = await call(workflow, data, steps);
      if (!Array.isArray(answer)) return;
      for (const { id, data: output, error } of answer) {
        steps[id] = error ? { type: "error", error } : { type: "data", data: output?.data ?? output };
      }
      if (resumed && Object.keys(steps).length === data.steps) return call(workflow, { steps: data.steps + 1 }, steps);
    }
  };
  return {
    start: async (...what) => started.push(what),
    work: () =>
      Promise.all(
        started.flatMap(([workflow, runs, steps]) => Array.from({ length: runs }, () => run(workflow, { steps }))),
      ),
  };
}

function requestBody(workflow, data, steps) {
  const event = { name: workflow, data, id: "e", ts: 0 };
  const stack = { stack: Object.keys(steps), current: Object.keys(steps).length };
  const ctx = {
    run_id: "run",
    fn_id: workflow,
    attempt: 0,
    max_attempts: 1,
    stack,
    disable_immediate_execution: false,
  };
  return { version: 2, event, events: [event], steps, ctx, use_api: false };
}
