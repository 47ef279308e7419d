/** `backstitch runs unblock`: lists blocked runs with their reasons, and lets them go on once the reason is gone. */
import { DecodeError, decode, type ParkedRun, type Store } from "../../runtime/stored-runs.ts";
import { parkedRuns } from "./parked.ts";

export interface UnblockOptions {
  /** Open. */
  readonly store: Store;
  readonly now: number;
  /** Whose runs. Default: of all apps. */
  readonly app?: string | undefined;
  /** Ids of the runs to let go on. */
  readonly runs?: readonly string[] | undefined;
  /** Code of the fault whose runs are to go on, such as BS2103. */
  readonly reason?: string | undefined;
  /** All blocked runs are to go on. */
  readonly all?: boolean | undefined;
}

export interface BlockedRun {
  readonly id: string;
  readonly functionId: string;
  readonly label: string | null;
  /** Code of the fault. */
  readonly reason: string;
  readonly message: string;
  readonly resumed: boolean;
}

/** The blocked runs. Without runs, a reason or `all` they are left as they are. */
export async function unblockRuns(options: UnblockOptions): Promise<BlockedRun[]> {
  const { store, now } = options;
  const listed: BlockedRun[] = [];
  for await (const run of parkedRuns(store, options.app)) {
    if (run.status !== "blocked") continue;
    const blocked = describe(run);
    const resumed = isMeant(blocked, options) && (await store.resume(run.id, now));
    listed.push({ ...blocked, resumed });
  }
  return listed;
}

function isMeant({ id, reason: of }: Omit<BlockedRun, "resumed">, { runs, reason, all }: UnblockOptions): boolean {
  return all === true || runs?.includes(id) === true || reason === of;
}

function describe({ id, functionId, label, error }: ParkedRun): Omit<BlockedRun, "resumed"> {
  const fault = faultIn(error);
  const message = fault instanceof Error ? fault.message : String(fault);
  const reason = fault instanceof Error && "code" in fault ? String(fault.code) : "";
  return { id, functionId, label, reason, message };
}

/** An error of a class that only the run's own code registers tells that. */
function faultIn(error: string | null): unknown {
  try {
    return error === null ? undefined : decode(error);
  } catch (failure) {
    if (failure instanceof DecodeError) return new Error(`The reason cannot be shown: ${failure.message}`);
    throw failure;
  }
}

export function printBlocked(runs: readonly BlockedRun[]): string {
  return runs
    .map(({ id, functionId, label, message, resumed }) => {
      const at = label === null ? "" : ` at "${label}"`;
      return `${resumed ? "resumed" : "blocked"}  ${id}  ${functionId}${at}\n    ${message}\n`;
    })
    .join("");
}
