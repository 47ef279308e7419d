/** Why a run cannot be driven on: it is put aside, where it can be seen. */
import { BackstitchError } from "../faults.ts";
import type { Activation } from "./activation.ts";
import type { DriverHost } from "./contract.ts";
import type { Handle } from "./handle.ts";

/** What code, classes or keys of another build, or a newer release, may have. */
const mayFitElsewhere: readonly string[] = ["BS2030", "BS2103", "BS2104", "BS2106"];

/** Whether a run that cannot go on here is left to other workers. */
export function leaves(run: string, host: Pick<DriverHost, "leave" | "logger">, fault: BackstitchError): boolean {
  if (!mayFitElsewhere.includes(fault.code) || !host.leave?.()) return false;
  host.logger.warn({ err: fault }, `backstitch: run ${run} is left to other workers, which may have its code`);
  return true;
}

/** Neither the run's code nor its store can go on. It is not tried for ever. */
export function undrivable(run: string, cause: unknown): BackstitchError {
  return new BackstitchError("BS2109", {
    where: `run ${run}: ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: "The cause of this error says what failed. Put it right, then resume or cancel the run.",
    cause,
  });
}

/** Code that is not compiled waits for a handle, and the handle waits until the run is parked, which that code prevents. */
export function followedInVain(run: string, { what }: Handle): BackstitchError {
  return new BackstitchError("BS2101", {
    where: `${what} in run ${run} is awaited by code that is not compiled, and comes down to a step or a sleep`,
    fix: "Await it in a compiled function. To run steps for many items, a few at a time, use step.map(items, { concurrency: 4 }, async (item) => …).",
  });
}

/** Inputs wait for the run to be parked, which an ordinary await prevents. */
export function neverCameBack(run: string, { outsideAt }: Activation): BackstitchError {
  const awaits = outsideAt.map((label) => JSON.stringify(label)).join(" and ");
  return new BackstitchError("BS2112", {
    where: `run ${run} is in the await of ${awaits}, and what is due beside it has waited longer than its \`parkTimeout\``,
    fix: "Put what may take long into a step, or give it a time limit; or raise `parkTimeout`. Then resume the run: code since its last step runs again.",
  });
}

/** Each of its workers died with it, it seems. */
export function lostItsWorker(run: string, functionId: string, times: number): BackstitchError {
  return new BackstitchError("BS2105", {
    where: `run ${run} of function "${functionId}" lost its worker ${times} times without a commit`,
    fix: "Find what ends the process (memory, a crash in native code), then resume or cancel the run.",
  });
}

/** What `load` gives, or the fault of ours that it throws. */
export function faultOr<Value>(load: () => Value): Value | BackstitchError {
  try {
    return load();
  } catch (error) {
    if (error instanceof BackstitchError) return error;
    throw error;
  }
}
