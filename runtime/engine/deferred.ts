/** Promises that a handler makes itself, and that nothing but code of the run settles. */
import { type CodecExtension, NotEncodableError, SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import { type Handle, type HandleImage, type Maker, promiseOf } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { Reaction } from "./reactions.ts";
import { followOrdinary } from "./thenables.ts";

type Way = "resolve" | "reject";

/** How what settles a promise is stored: of both, the promise tells. */
type SettlerImage = readonly [way: Way, handle: Handle];

/** What settles a promise, in any run. */
const settlers = new SafeWeakMap<object, SettlerImage>();

export class Deferred implements Maker {
  readonly isOfCode = true;
  readonly #handle: Handle;
  /** It was resolved with a promise that is not of the run, or settled: nothing else settles it. */
  #isResolved = false;

  constructor(handle: Handle) {
    this.#handle = handle;
    handle.maker = this;
  }

  stored(): HandleImage {
    if (this.#isResolved)
      throw new NotEncodableError([], "a Promise that waits for one that is not of the run cannot be stored");
    return { deferred: true };
  }

  awaited(): readonly Handle[] {
    return [];
  }

  settle(way: Way, given: unknown): void {
    if (this.#isResolved || this.#handle.activation.closed) return;
    this.#isResolved = true;
    if (way === "reject") this.#handle.settle({ ok: false, error: given });
    else this.#adopt(given);
  }

  /** It settles as a promise does with which it was resolved. */
  #adopt(value: unknown): void {
    const handle = this.#handle;
    const { activation } = handle;
    const settle = (outcome: Outcome) => handle.settle(outcome);
    if (value === handle)
      return settle({ ok: false, error: new TypeError("Chaining cycle detected for promise #<Promise>") });
    if (activation.owns(value)) return new Reaction(handle, value, {}).follow();
    followOrdinary(activation, value, { resolve: (next) => this.#adopt(next), settle });
  }
}

/** `new Promise(executor)` */
export function newDeferred(activation: Activation, executor: (...settlers: object[]) => unknown): Handle {
  const handle = promiseOf("new Promise", activation);
  new Deferred(handle);
  const reject = settlerOf("reject", handle);
  try {
    executor(settlerOf("resolve", handle), reject);
  } catch (error) {
    reject(error);
  }
  return handle;
}

function settlerOf(way: Way, handle: Handle): (given?: unknown) => void {
  // Functions of the language that settle promises have no name.
  const [settler] = [
    (given?: unknown) => {
      if (handle.maker instanceof Deferred) handle.maker.settle(way, given);
    },
  ] as const;
  settlers.set(settler, [way, handle]);
  return settler;
}

export function settlerFunctions(): CodecExtension {
  return {
    tag: "settler",
    matches: (value) => settlers.has(value),
    encode: (value) => settlers.get(value),
    late: (parts) => settlerOf(...(parts as SettlerImage)),
  };
}
