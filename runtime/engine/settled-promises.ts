/**
 * Promises of the language in frames. One that has settled never changes again: it is stored with its outcome, and comes back
 * as one that is settled. How a promise has settled is heard from itself alone, a moment after it was asked.
 */
import { types } from "node:util";
import { type CodecExtension, NotEncodableError, SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import type { Outcome } from "./outcome.ts";
import { isThenable } from "./thenables.ts";

type PromiseImage = { readonly value: unknown } | { readonly error: unknown };

/** Of the promises that were asked; undefined while one is pending. */
const outcomes = new SafeWeakMap<object, Outcome | undefined>();

const { prototype } = Promise;
const { then } = prototype;

/** @param settle what is done when all is decoded */
export function promises(activation: Activation, settle: (() => void)[]): CodecExtension {
  const settlers = new SafeWeakMap<object, (image: PromiseImage) => void>();
  return {
    tag: "promise",
    matches: (value) =>
      types.isPromise(value) &&
      Object.getPrototypeOf(value) === prototype &&
      Object.isExtensible(value) &&
      Reflect.ownKeys(value).length === 0,
    encode(value) {
      if (!outcomes.has(value)) {
        hear(value);
        activation.heard.push(value);
      }
      const outcome = outcomes.get(value);
      if (outcome === undefined && activation.hearsAll) return { value: undefined };
      if (outcome === undefined) throw new NotEncodableError([], "a Promise that has not settled cannot be stored");
      // A promise of one would wait for it.
      if (outcome.ok && isThenable(outcome.value))
        throw new NotEncodableError([], "a Promise of a thenable cannot be stored");
      return outcome.ok ? { value: outcome.value } : { error: outcome.error };
    },
    create() {
      const { promise, settleWith } = settled();
      settlers.set(promise, settleWith);
      return promise;
    },
    fill(shell, parts) {
      settle.push(() => settlers.get(shell)?.(parts as PromiseImage));
    },
  };
}

function hear(promise: object): void {
  outcomes.set(promise, undefined);
  const note = (outcome: Outcome) => void outcomes.set(promise, outcome);
  Reflect.apply(then, promise, [
    (value: unknown) => note({ ok: true, value }),
    (error: unknown) => note({ ok: false, error }),
  ]);
}

function settled() {
  let settleWith!: (image: PromiseImage) => void;
  const promise = new Promise((resolve, reject) => {
    settleWith = (image) => {
      if ("value" in image) resolve(image.value);
      else reject(image.error);
      outcomes.set(promise, "value" in image ? { ok: true, value: image.value } : { ok: false, error: image.error });
    };
  });
  // A program that does not look at it has been told before.
  Reflect.apply(then, promise, [undefined, () => {}]);
  return { promise, settleWith };
}

export function isSettled(promise: object): boolean {
  return outcomes.get(promise) !== undefined;
}
