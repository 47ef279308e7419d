/** The workflows that are measured: ordinary handlers, compiled by `tspc`. */
import { Backstitch, type Engine, type Store } from "backstitch";
import { probe } from "./probe.ts";

/** A client with all workflows of the benchmarks, over a store of its own or an engine. */
export function makeClient(where: Store | Engine): Backstitch {
  const client = new Backstitch({ id: "bench", ...("attach" in where ? { engine: where } : { store: where }) });

  /** `steps` steps, one after the other, with five slots that stay small. */
  client.createFunction({ id: "loop" }, { event: "bench/loop" }, async ({ event, step }) => {
    const title = `a loop of ${event.data.steps} steps`;
    const options = { verbose: false, tags: ["bench", "loop"] };
    let length = 0;
    let longest = "";
    for (let index = 0; index < event.data.steps; index++) {
      const output = await step.run("work", () => probe.step(index));
      length += output.length;
      if (output.length > longest.length) longest = output;
    }
    return { title, options, length, longest };
  });

  /** Appends the output of each of `steps` steps to an array that begins with `filled` items of about 100 bytes. */
  client.createFunction({ id: "collect" }, { event: "bench/collect" }, async ({ event, step }) => {
    const items: { index: number; text: string }[] = [];
    for (let index = 0; index < event.data.filled; index++) items.push({ index, text: "i".repeat(80) });
    for (let index = 0; index < event.data.steps; index++) {
      items.push(await step.run("work", () => ({ index, text: probe.step(index).slice(0, 80) })));
    }
    return items.length;
  });

  /** As "loop", with a sleep behind every second step. */
  client.createFunction({ id: "naps" }, { event: "bench/naps" }, async ({ event, step }) => {
    for (let index = 0; index < event.data.steps; index++) {
      await step.run("work", () => probe.step(index));
      if (index % 2 === 1) await step.sleep("nap", event.data.ms);
    }
  });

  /** A step after a sleep. */
  client.createFunction({ id: "sleeper" }, { event: "bench/sleeper" }, async ({ event, step }) => {
    await step.sleep("nap", event.data.ms);
    return await step.run("work", () => probe.step(event.data.n));
  });

  /** A step at a time. */
  client.createFunction({ id: "alarm" }, { event: "bench/alarm" }, async ({ event, step }) => {
    await step.sleepUntil("bed", event.data.at);
    return await step.run("work", () => probe.step(event.data.n));
  });

  /** A step, one that fails, and one that undoes the first. */
  client.createFunction({ id: "undone", retries: 0 }, { event: "bench/undone" }, async ({ step }) => {
    try {
      await step.run("reserve", () => probe.step(0));
      await step.run("charge", () => probe.step(1));
    } catch {
      await step.run("release", () => probe.step(2));
    }
  });

  return client;
}
