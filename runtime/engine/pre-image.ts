/** The frame with an outcome in it, before any code saw it: what a turn falls back to. */
import { decode } from "../codec/index.ts";
import type { BackstitchError } from "../faults.ts";
import type { Activation, ActivationOwner } from "./activation.ts";
import type { EndedAttempt } from "./attempts.ts";
import type { DriverHost } from "./contract.ts";
import { frameOf } from "./diagnose.ts";
import { encodeActivation } from "./image.ts";
import type { Op } from "./ops.ts";
import { decodeActivation } from "./read-image.ts";

/**
 * Where nothing but the step that ended can have changed since the last commit, it is made when somebody asks, which few
 * turns do. The value of the step is made anew then: code that saw it may have changed it.
 *
 * @param text the last committed frame; null when something else can have changed since
 */
export function preImage(
  activation: Activation,
  text: string | null,
  { number, kind, attempt, dueAt }: Op,
  ended: EndedAttempt | undefined,
  host: Pick<DriverHost, "onUnchanged">,
): string | (() => string) | BackstitchError {
  if (text === null || !ended?.outcome.ok || kind !== "step") return frameOf(activation);
  const output = ended.text;
  const value = () => ({ ok: true as const, value: decode(output) });
  const make = () => withOp(text, { number, attempt, dueAt, outcome: value() }, activation.owner);
  host.onUnchanged?.(make(), frameOf(activation), (frame) => {
    return encodeActivation(decodeActivation(frame, activation.owner));
  });
  return make;
}

/** A stored frame with an op as it is now. */
export function withOp(
  text: string,
  { number, outcome, attempt, dueAt }: Pick<Op, "number" | "attempt" | "dueAt" | "outcome">,
  owner: ActivationOwner,
): string {
  const activation = decodeActivation(text, owner);
  const stored = activation.ops.get(number);
  if (stored) Object.assign(stored, { outcome, attempt, dueAt });
  return encodeActivation(activation);
}
