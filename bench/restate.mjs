/**
 * Runs on Restate, beside a handler written by hand with Restate's own SDK: one invocation, `ctx.run` for each step,
 * `ctx.sleep` for each pause. See docs/benchmarks.md. Needs Node 22.18 or later, and Restate's server.
 *
 *   npm run bench:restate -- --quick
 */
import * as sdk from "@restatedev/restate-sdk";
import { restate } from "backstitch/restate";
import { freePorts, RestateNode, restateIsMissing } from "../fixtures/restate/node.ts";
import { load, machineFacts } from "./machine.mjs";
import { post } from "./post.mjs";
import { printTable } from "./print.mjs";
import { summary } from "./statistics.mjs";
import { prepare } from "./workspace.mjs";

if (restateIsMissing) throw new Error(restateIsMissing);
const quick = process.argv.includes("--quick");
/** Long workloads are measured once. */
const repetitionsOf = ({ data }) => (quick || data.steps > 500 ? 1 : 3);
const napMs = 25;
const output = "o".repeat(100);
/** Names of handlers; each is told when a step of its runs is executed. */
const handlers = ["loop", "naps"];

await prepare();
const { makeClient } = await import("./dist/workflows/functions.js");
const { probe } = await import("./dist/workflows/probe.js");

const [node] = await RestateNode.cluster(1);
await node.start();
const [port, handPort] = await freePorts(2);
const engine = restate({ ingress: node.ingress, admin: node.admin, port });
const client = makeClient(engine);
const worker = client.worker();

/** Steps of runs that are measured: resolves when so many were executed, with the times of the first and the last. */
function steps(count) {
  return new Promise((resolve) => {
    let executed = 0;
    let first;
    probe.step = () => {
      first ??= performance.now();
      if (++executed === count) resolve({ first, last: performance.now() });
      return output;
    };
  });
}

/** The same work by hand. Without `inactivityTimeout: 0` it stays in memory through pauses of less than a minute. */
function byHand(name, options) {
  const work = async (ctx, { steps: count, ms }) => {
    for (let index = 0; index < count; index++) {
      await ctx.run("work", () => probe.step(index));
      if (ms !== undefined && index % 2 === 1) await ctx.sleep(ms);
    }
  };
  const journalled = { journalRetention: 0, ...options };
  return sdk.service({ name, handlers: Object.fromEntries(handlers.map((each) => [each, work])), options: journalled });
}

const systems = [
  {
    name: "backstitch",
    send: (workload, data, runs) =>
      client.send(Array.from({ length: runs }, () => ({ name: `bench/${workload}`, data }))),
  },
  ...["by-hand", "by-hand-suspended"].map((name) => ({
    name,
    send: (workload, data, runs) =>
      Promise.all(Array.from({ length: runs }, () => post(`${node.ingress}/${name}/${workload}/send`, data))),
  })),
];

async function measure(system, { workload, runs, data }) {
  const executed = steps(runs * data.steps);
  const start = performance.now();
  await system.send(workload, data, runs);
  const { first, last } = await executed;
  const naps = data.ms === undefined ? 0 : Math.floor((data.steps - 1) / 2) * data.ms;
  return { perStep: (last - first - naps) / (data.steps - 1), perSecond: (1_000 * runs * data.steps) / (last - start) };
}

const sequential = (count) => ({
  title: `${count} steps in a row, ms per step`,
  plan: { workload: "loop", runs: 1, data: { steps: count } },
  figure: ({ perStep }) => perStep,
});
const naps = (count) => ({
  title: `${count} steps, a pause of ${napMs} ms behind every second one: ms per step, pauses left out`,
  plan: { workload: "naps", runs: 1, data: { steps: count, ms: napMs } },
  figure: ({ perStep }) => perStep,
});
const throughput = (runs, count) => ({
  title: `${runs} runs of ${count} steps, steps per second`,
  plan: { workload: "loop", runs, data: { steps: count } },
  figure: ({ perSecond }) => perSecond,
});
const workloads = [
  ...(quick ? [100] : [10, 100, 1_000]).map(sequential),
  ...(quick ? [100, 400] : [10, 100, 1_000]).map(naps),
  throughput(16, quick ? 20 : 100),
  throughput(200, quick ? 5 : 20),
];

const lines = [];
try {
  await worker.start();
  const endpoint = sdk.endpoint().setLogger(() => {});
  endpoint.bind(byHand("by-hand", {})).bind(byHand("by-hand-suspended", { inactivityTimeout: 0 }));
  await endpoint.listen(handPort);
  await post(`${node.admin}/deployments`, { uri: `http://127.0.0.1:${handPort}` });
  for (const system of systems) await measure(system, { workload: "naps", runs: 4, data: { steps: 20, ms: 1 } });
  for (const { title, plan, figure } of workloads) {
    const figures = systems.map(() => []);
    for (let repetition = 0; repetition < repetitionsOf(plan); repetition++) {
      for (const [index, system] of systems.entries()) figures[index].push(figure(await measure(system, plan)));
    }
    lines.push([title, ...figures.map((each) => String(summary(each).median))]);
    console.error(lines.at(-1).join(" | "));
  }
  console.log({ ...machineFacts(), load: load() });
  printTable("Restate", [["workload", ...systems.map(({ name }) => name)], ...lines]);
} finally {
  await client.close();
  await node.close();
}
process.exit(0);
