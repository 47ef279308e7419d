/** The tools that a handler gets: `step` and what hangs on it. Each call makes an op of the activation. */
import { SafeMap } from "../codec/index.ts";
import { type Duration, durationMs, momentMs } from "../duration.ts";
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import type { RunLogger } from "./contract.ts";
import { Handle } from "./handle.ts";
import { type ChildLogger, Loggers } from "./loggers.ts";
import { type Op, type OpKind, OpMaker } from "./ops.ts";
import { StepMap } from "./step-map.ts";
import { isObject } from "./thenables.ts";

/** The runtime's side of the public `Step`: arguments come unchecked from user code. */
export interface StepTools {
  run(id: unknown, fn: unknown, ...input: unknown[]): Handle;
  sleep(id: unknown, duration: unknown): Handle;
  sleepUntil(id: unknown, moment: unknown): Handle;
  map(items: unknown, ...rest: unknown[]): Handle;
}

/** Everything that is made again for each activation, by the name under which it is stored. */
export interface Tools {
  readonly step: StepTools;
  readonly logger: RunLogger;
  /** Stored name of a tool; undefined for any other value. */
  nameOf(value: object): string | undefined;
  /** The tool with this name; undefined for an unknown one. */
  named(name: string): object | undefined;
  /** How a logger is stored that code of the run made; undefined for any other value. */
  childLogger(value: object): ChildLogger | undefined;
}

export function makeTools(activation: Activation): Tools {
  const step: StepTools = {
    run(id, fn, ...input) {
      const what = describe("step.run", id);
      if (typeof fn !== "function") return refused(activation, what, `\`fn\` must be a function, not ${typeof fn}`);
      return makeOp(activation, what, id, "step", 0, fn as Op["callback"], input);
    },
    sleep(id, duration) {
      const what = describe("step.sleep", id);
      return makeSleep(activation, what, id, () => activation.owner.now() + durationMs(duration as Duration, what));
    },
    sleepUntil(id, moment) {
      const what = describe("step.sleepUntil", id);
      return makeSleep(activation, what, id, () => momentMs(moment as Date, what));
    },
    map: (items, ...rest) => makeMap(activation, items, rest),
  };
  const { logger: given, extension = {} } = activation.owner;
  const loggers = new Loggers(given);
  const logger = loggers.root;
  const byName = new SafeMap<string, object>([
    ["step", step],
    ["step.run", step.run],
    ["step.sleep", step.sleep],
    ["step.sleepUntil", step.sleepUntil],
    ["step.map", step.map],
    ["logger", logger],
    ...Object.entries(extension)
      .filter(([, value]) => isObject(value))
      .map(([key, value]): [string, object] => [`context.${key}`, value as object]),
  ]);
  const names = new SafeMap([...byName].map(([name, tool]) => [tool, name]));
  return {
    step,
    logger,
    nameOf: (value) => names.get(value),
    named: (name) => byName.get(name),
    childLogger: (value) => loggers.imageOf(value),
  };
}

function makeSleep(activation: Activation, what: string, id: unknown, dueAt: () => number): Handle {
  let due: number;
  try {
    due = dueAt();
  } catch (error) {
    return refused(activation, what, error instanceof Error ? error.message : String(error));
  }
  return makeOp(activation, what, id, "sleep", due, undefined, []);
}

function makeOp(
  activation: Activation,
  what: string,
  id: unknown,
  kind: OpKind,
  dueAt: number,
  callback: Op["callback"],
  input: readonly unknown[],
): Handle {
  const name = typeof id === "object" && id !== null && "id" in id ? id.id : id;
  if (typeof name !== "string")
    return refused(activation, what, "`id` must be a string, or an object with a string `id`");
  const handle = new Handle(what, activation);
  if (ambientActivation() !== activation) {
    activation.usedOutsideCompiledCode(what);
    return handle;
  }
  // Of a branch that is left when the handler has ended.
  if (activation.over) return handle;
  const number = ++activation.lastOp;
  const op: Op = {
    number,
    id: name,
    kind,
    handle,
    callback,
    input,
    attempt: 0,
    dueAt,
    outcome: undefined,
    running: false,
  };
  activation.addOp(op);
  handle.maker = new OpMaker(number);
  return handle;
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

/** A mistake of the author, catchable: it shows where the handle is awaited. */
function refused(activation: Activation, what: string, problem: string): Handle {
  return new Handle(what, activation, { ok: false, error: new TypeError(`${what}: ${problem}`) });
}

function describe(tool: string, id: unknown): string {
  const name = typeof id === "object" && id !== null && "id" in id ? id.id : id;
  return typeof name === "string" ? `${tool}(${JSON.stringify(name)})` : tool;
}
