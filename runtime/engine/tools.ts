/** The tools that a handler gets: `step` and what hangs on it. Each call makes an op of the activation. */
import { SafeMap } from "../codec/index.ts";
import { type Duration, durationMs, momentMs } from "../duration.ts";
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import type { RunLogger } from "./contract.ts";
import { fetchTool } from "./fetch-tool.ts";
import { type GroupTools, groupTools } from "./group-tools.ts";
import { Handle } from "./handle.ts";
import { type ChildLogger, Loggers } from "./loggers.ts";
import { describe, makeOp, nameOf, refused } from "./make-op.ts";
import { invoke, sendEvent, sendSignal } from "./message-tools.ts";
import type { Op } from "./ops.ts";
import { StepMap } from "./step-map.ts";
import { stepOptions } from "./step-options.ts";
import { isObject } from "./thenables.ts";
import { waitForEvent, waitForSignal } from "./wait-tools.ts";

/** The runtime's side of the public `Step`: arguments come unchecked from user code. */
export interface StepTools {
  run(id: unknown, fn: unknown, ...input: unknown[]): Handle;
  sleep(id: unknown, duration: unknown): Handle;
  sleepUntil(id: unknown, moment: unknown): Handle;
  map(items: unknown, ...rest: unknown[]): Handle;
  waitForEvent(id: unknown, options: unknown): Handle;
  waitForSignal(id: unknown, options: unknown): Handle;
  invoke(id: unknown, options: unknown): Handle;
  sendEvent(id: unknown, events: unknown): Handle;
  sendSignal(id: unknown, options: unknown): Handle;
  fetch(input: unknown, init?: unknown): Handle;
  readonly ai: { wrap(id: unknown, fn: unknown, ...input: unknown[]): Handle };
}

/** Everything that is made again for each activation, by the name under which it is stored. */
export interface Tools {
  readonly step: StepTools;
  readonly group: GroupTools;
  readonly logger: RunLogger;
  /** Stored name of a tool; undefined for any other value. */
  nameOf(value: object): string | undefined;
  /** The tool with this name; undefined for an unknown one. */
  named(name: string): object | undefined;
  /** How a logger is stored that code of the run made; undefined for any other value. */
  childLogger(value: object): ChildLogger | undefined;
}

export function makeTools(activation: Activation): Tools {
  const run = (tool: string, id: unknown, fn: unknown, input: readonly unknown[]) => {
    const what = describe(tool, nameOf(id));
    if (typeof fn !== "function") return refused(activation, what, `\`fn\` must be a function, not ${typeof fn}`);
    const callback = fn as Op["callback"];
    if (typeof id === "string") return makeOp(activation, tool, id, () => ({ kind: "step", callback, input }));
    return makeOp(activation, tool, id, () => ({ kind: "step", callback, input, options: stepOptions(id, what) }));
  };
  const sleep = (tool: string, id: unknown, dueAt: (what: string) => number) =>
    makeOp(activation, tool, id, () => ({ kind: "sleep", dueAt: dueAt(describe(tool, nameOf(id))) }));
  const step: StepTools = {
    run: (id, fn, ...input) => run("step.run", id, fn, input),
    sleep: (id, duration) =>
      sleep("step.sleep", id, (what) => activation.owner.now() + durationMs(duration as Duration, what)),
    sleepUntil: (id, moment) => sleep("step.sleepUntil", id, (what) => momentMs(moment as Date, what)),
    map: (items, ...rest) => makeMap(activation, items, rest),
    waitForEvent: (id, options) => waitForEvent(activation, id, options),
    waitForSignal: (id, options) => waitForSignal(activation, id, options),
    invoke: (id, options) => invoke(activation, id, options),
    sendEvent: (id, events) => sendEvent(activation, id, events),
    sendSignal: (id, options) => sendSignal(activation, id, options),
    fetch: (input, init) => fetchTool(activation, input, init),
    ai: { wrap: (id, fn, ...input) => run("step.ai.wrap", id, fn, input) },
  };
  const group = groupTools(activation);
  const { logger: given, extension = {} } = activation.owner;
  const loggers = new Loggers(given);
  const logger = loggers.root;
  const added = new SafeMap<string, object>();
  for (const [key, value] of Object.entries(extension)) if (isObject(value)) added.set(`context.${key}`, value);
  const names = new SafeMap<object, string>();
  addNames(names, "step", step);
  addNames(names, "group", group);
  names.set(logger, "logger");
  for (const [name, value] of added) names.set(value, name);
  return {
    step,
    group,
    logger,
    nameOf: (value) => names.get(value),
    // One value of the context may have several names, of which `names` knows the last.
    named: (name) => added.get(name) ?? [...names].find(([, known]) => known === name)?.[0],
    childLogger: (value) => loggers.imageOf(value),
  };
}

/** A function, or an object of functions and such objects: each is named by its path. */
function addNames(names: Map<object, string>, path: string, tool: object): void {
  names.set(tool, path);
  if (typeof tool === "function") return;
  for (const [key, inner] of Object.entries(tool)) addNames(names, `${path}.${key}`, inner);
}

function makeMap(activation: Activation, items: unknown, rest: readonly unknown[]): Handle {
  const what = "step.map";
  const [options, fn] = rest.length > 1 ? rest : [undefined, rest[0]];
  if (typeof fn !== "function") return refused(activation, what, `\`fn\` must be a function, not ${typeof fn}`);
  const { concurrency = Number.POSITIVE_INFINITY } = (options ?? {}) as { concurrency?: unknown };
  if (
    typeof concurrency !== "number" ||
    !(concurrency >= 1) ||
    !(Number.isInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY)
  ) {
    return refused(
      activation,
      what,
      `\`concurrency\` is ${String(concurrency)}, and must be a whole number of at least 1`,
    );
  }
  let list: unknown[];
  try {
    list = [...(items as Iterable<unknown>)];
  } catch (error) {
    return refused(
      activation,
      what,
      `\`items\` must be iterable: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const handle = new Handle(what, activation);
  if (ambientActivation() !== activation) activation.usedOutsideCompiledCode(what);
  else new StepMap(handle, list, concurrency, fn as (item: unknown, index: number) => unknown).begin();
  return handle;
}
