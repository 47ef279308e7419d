/** What a turn carries until it is committed. */
import type { StepRecord } from "../store.ts";
import type { ActivationOwner } from "./activation.ts";
import { encodeActivation } from "./image.ts";
import type { Op } from "./ops.ts";
import { decodeActivation } from "./read-image.ts";

/** What was delivered since the last commit. */
export interface Turn {
  /** Something was delivered or begun, so that a park is to be committed. */
  open: boolean;
  records: StepRecord[];
  /** The frame with the delivered outcome in it, before any code saw it: the pre-image. */
  before: string | undefined;
}

export function closedTurn(): Turn {
  return { open: false, records: [], before: undefined };
}

/** A stored frame with an op as it is now. */
export function withOp(text: string, op: Op, owner: ActivationOwner): string {
  const { activation } = decodeActivation(text, owner);
  const stored = activation.ops.get(op.number);
  if (stored) Object.assign(stored, { outcome: op.outcome, attempt: op.attempt, dueAt: op.dueAt });
  return encodeActivation(activation);
}
