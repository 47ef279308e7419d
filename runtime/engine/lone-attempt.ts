/** One attempt of a step, of a run that is driven in another process: made from the frame that holds the step. */
import { decode } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import type { Claim } from "../store.ts";
import { Attempt, type EndedAttempt } from "./attempts.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { RunOwner } from "./owner.ts";
import { decodeActivation } from "./read-image.ts";

/** What is told of an attempt to whoever drives the run: all but the outcome, which its text gives. */
export type ToldAttempt = Omit<EndedAttempt, "outcome" | "input"> & {
  readonly attempt: number;
  readonly ok: boolean;
  readonly input?: string;
};

/**
 * Resolves when the attempt has ended, however it did.
 *
 * @param claim with the frame that was committed before the attempt
 * @throws BackstitchError BS2103 or BS2104 when no code here has made the frame: whoever drives the run is to say so
 */
export async function makeAttempt(
  claim: Claim,
  fn: RunnableFunction,
  host: DriverHost,
  number: number,
): Promise<ToldAttempt> {
  const activation = decodeActivation(claim.frame ?? "", new RunOwner(claim, fn, host));
  const op = activation.ops.get(number);
  if (op === undefined) {
    throw new BackstitchError("BS2104", {
      where: `the frame of run ${claim.run} has no op ${number}`,
      fix: "This is a fault of backstitch: please report it.",
    });
  }
  const { attempt } = op;
  const ended = await new Promise<EndedAttempt>((resolve) => {
    const one = new Attempt(op, claim.run, host, resolve);
    host.signal.addEventListener("abort", () => one.interrupt(new Error("The worker gave the step up")), {
      once: true,
    });
    one.start();
  });
  const { outcome, input, ...told } = ended;
  return { ...told, attempt, ok: outcome.ok, ...(input !== undefined && { input }) };
}

/** The attempt as if it had been made here. */
export function endedElsewhere({ attempt: _, ok, input, text, ...told }: ToldAttempt): EndedAttempt {
  const value = decode(text);
  return { ...told, input, text, outcome: ok ? { ok, value } : { ok, error: value } };
}
