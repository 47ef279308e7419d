/** `backstitch runs unblock`: lists blocked runs with their reasons, and lets them go on once the reason is gone. */
import { decode, type ParkedRun, type Store } from "../../runtime/stored-runs.ts";
import type { CommandResult } from "./check-against.ts";
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
  readonly json?: boolean | undefined;
}

interface BlockedRun {
  readonly id: string;
  readonly functionId: string;
  readonly label: string | null;
  /** Code of the fault. */
  readonly reason: string;
  readonly message: string;
  readonly resumed: boolean;
}

/** Without runs, a reason or `all` it only lists. Exit code 1 when a run that was named is not blocked. */
export async function unblockRuns(options: UnblockOptions): Promise<CommandResult> {
  const { store, now, runs = [], json } = options;
  const listed: BlockedRun[] = [];
  for await (const run of parkedRuns(store, options.app)) {
    if (run.status !== "blocked") continue;
    const blocked = describe(run);
    const resumed = isMeant(blocked, options) && (await store.resume(run.id, now));
    listed.push({ ...blocked, resumed });
  }
  const missed = runs.filter((id) => !listed.some((run) => run.id === id && run.resumed));
  const stdout = json ? `${JSON.stringify(listed, undefined, 2)}\n` : print(listed);
  const stderr = missed.map((id) => `run ${id} is not blocked\n`).join("");
  return { stdout, stderr, exitCode: missed.length > 0 ? 1 : 0 };
}

function isMeant({ id, reason: of }: Omit<BlockedRun, "resumed">, { runs, reason, all }: UnblockOptions): boolean {
  return all === true || runs?.includes(id) === true || reason === of;
}

function describe({ id, functionId, label, error }: ParkedRun): Omit<BlockedRun, "resumed"> {
  const fault: unknown = error === null ? undefined : decode(error);
  const message = fault instanceof Error ? fault.message : String(fault);
  const reason = fault instanceof Error && "code" in fault ? String(fault.code) : "";
  return { id, functionId, label, reason, message };
}

function print(runs: readonly BlockedRun[]): string {
  if (runs.length === 0) return "no run is blocked\n";
  return runs
    .map(({ id, functionId, label, message, resumed }) => {
      const at = label === null ? "" : ` at "${label}"`;
      return `${resumed ? "resumed" : "blocked"}  ${id}  ${functionId}${at}\n    ${message}\n`;
    })
    .join("");
}
