/** How a call of a tool becomes an op, or a handle that shows what is wrong with the call. */
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import { Handle } from "./handle.ts";
import { isTried, type NewOp, OpMaker } from "./ops.ts";

/** The name of a step: a text, or the `id` of an object. */
export function nameOf(id: unknown): unknown {
  return typeof id === "object" && id !== null && "id" in id ? id.id : id;
}

/**
 * Makes an op. `spec` is called once it is certain that there is to be one, with its number; what it throws is shown
 * where the handle is awaited, catchable: it is a mistake of the author.
 */
export function makeOp(activation: Activation, tool: string, id: unknown, spec: (number: number) => NewOp): Handle {
  const name = nameOf(id);
  const what = describe(tool, name);
  if (typeof name !== "string") {
    return refused(activation, what, "`id` must be a string, or an object with a string `id`");
  }
  const handle = new Handle(what, activation);
  if (ambientActivation() !== activation) {
    activation.usedOutsideCompiledCode(what);
    return handle;
  }
  // Of a branch that is left when the run is closed.
  if (activation.closed) return handle;
  const number = activation.lastOp + 1;
  let given: NewOp;
  try {
    given = spec(number);
  } catch (error) {
    return refused(activation, what, error instanceof Error ? error.message : String(error));
  }
  activation.lastOp = number;
  const madeAt = isTried(given) ? 0 : activation.owner.now();
  // No spreads: this is done for each step, and they are slow.
  activation.addOp({
    number,
    id: name,
    kind: given.kind,
    handle,
    callback: given.callback,
    input: given.input ?? noInput,
    options: given.options,
    attempt: 0,
    dueAt: given.dueAt ?? 0,
    madeAt,
    outcome: given.outcome,
    running: false,
    lostAttempt: undefined,
    announcement: given.announcement,
  });
  handle.maker = new OpMaker(number);
  return handle;
}

const noInput: readonly unknown[] = [];

/** A mistake of the author, catchable: it shows where the handle is awaited. */
export function refused(activation: Activation, what: string, problem: string): Handle {
  return new Handle(what, activation, { ok: false, error: new TypeError(`${what}: ${problem}`) });
}

/** `step.run("charge")`, for messages. */
export function describe(tool: string, name: unknown): string {
  return typeof name === "string" ? `${tool}(${JSON.stringify(name)})` : tool;
}
