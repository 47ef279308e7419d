/**
 * Restate, with a handler that is written by hand with its SDK and stays in memory. Its server knows handlers that are
 * registered: so this process listens before the runs are sent.
 */
import * as sdk from "@restatedev/restate-sdk";
import { post } from "../../post.mjs";
import { tryAgain, waitingInvocations } from "../restate-retries.mjs";

export async function open({ restate: { ingress, admin, port }, resumed, probe }) {
  const step = (context, name, index) => context.run(name, () => probe(index));
  const handlers = {
    async loop(context, { steps }) {
      for (let index = 0; index < steps; index++) await step(context, "work", index);
    },
    async undone(context) {
      try {
        await step(context, "reserve", 0);
        await context.run("charge", () => probe(1), { maxRetryAttempts: 1 });
      } catch {
        await step(context, "release", 2);
      }
    },
  };
  const endpoint = sdk.endpoint().setLogger(() => {});
  endpoint.bind(sdk.service({ name: "bench", handlers, options: { journalRetention: 0 } }));
  const waiting = resumed ? await waitingInvocations(admin) : [];
  const started = [];
  return {
    async start(...what) {
      await endpoint.listen(port);
      await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${port}` });
      started.push(what);
    },
    async work() {
      if (resumed) {
        await endpoint.listen(port);
        await tryAgain(admin, waiting);
      }
      for (const [workflow, runs, steps] of started) {
        await Promise.all(Array.from({ length: runs }, () => post(`${ingress}/bench/${workflow}/send`, { steps })));
      }
    },
  };
}
