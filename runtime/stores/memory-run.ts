/** The runs of a store in memory. */
import type {
  Claim,
  ClaimRequest,
  Commit,
  Join,
  Mail,
  NewRun,
  RunStatus,
  RunView,
  StepRecord,
  StoredEvent,
} from "../store.ts";

interface Lease {
  readonly worker: string;
  readonly until: number;
}

export interface Run {
  readonly id: string;
  readonly app: string;
  readonly functionId: string;
  event: StoredEvent;
  /** Events that joined it. */
  readonly joined: StoredEvent[];
  status: RunStatus;
  epoch: number;
  seq: number;
  lostClaims: number;
  frame: string | null;
  label: string | null;
  wakeAt: number | null;
  lease: Lease | undefined;
  output: string | null;
  error: string | null;
  readonly createdAt: number;
  updatedAt: number;
  endedAt: number | null;
  /** Attempts by op, then by attempt. */
  readonly steps: Map<number, Map<number, StepRecord>>;
  /** What came and was not read. */
  mail: Mail[];
  mailed: number;
}

export function queuedRun(run: NewRun, event: StoredEvent): Run {
  return {
    id: run.id,
    app: run.app,
    functionId: run.functionId,
    event,
    joined: [],
    status: "running",
    epoch: 0,
    seq: 0,
    lostClaims: 0,
    frame: null,
    label: null,
    wakeAt: run.wakeAt,
    lease: undefined,
    output: null,
    error: null,
    createdAt: event.receivedAt,
    updatedAt: event.receivedAt,
    endedAt: null,
    steps: new Map(),
    mail: [],
    mailed: 0,
  };
}

export function joinRun(run: Run, event: StoredEvent, { keeps, wakeAt }: Join): void {
  run.wakeAt = wakeAt;
  if (keeps === "last") run.event = event;
  else run.joined.push(event);
}

export function isDue(run: Run, { app, functions, now }: ClaimRequest): boolean {
  if (run.app !== app || !functions.includes(run.functionId)) return false;
  return run.status === "running" && run.wakeAt !== null && run.wakeAt <= now;
}

export function isFree({ lease }: Run, { worker, now }: ClaimRequest): boolean {
  return lease === undefined || (lease.worker !== worker && lease.until < now);
}

export function take(run: Run, { worker, now, leaseMs }: ClaimRequest): Claim {
  run.epoch += 1;
  if (run.lease) run.lostClaims += 1;
  run.lease = { worker, until: now + leaseMs };
  const { id, functionId, epoch, seq, frame, event, joined, lostClaims, createdAt } = run;
  const claimed = { run: id, functionId, epoch, seq, frame, event, lostClaims, createdAt, mail: [...run.mail] };
  return frame === null && joined.length > 0 ? { ...claimed, events: [event, ...joined] } : claimed;
}

export function apply(run: Run, commit: Commit): void {
  run.seq += 1;
  run.lostClaims = 0;
  run.status = commit.status;
  run.frame = commit.frame ?? run.frame;
  run.label = commit.label ?? (commit.status === "blocked" ? run.label : null);
  run.mail = run.mail.filter(({ seq }) => !commit.read?.includes(seq));
  run.wakeAt = run.mail.length > 0 ? commit.now : commit.wakeAt;
  run.output = commit.output ?? run.output;
  run.error = commit.error ?? run.error;
  run.updatedAt = commit.now;
  for (const step of commit.steps) {
    const attempts = run.steps.get(step.op) ?? new Map<number, StepRecord>();
    run.steps.set(step.op, attempts.set(step.attempt, { ...step }));
  }
  if (commit.status === "running") {
    if (commit.release) run.lease = undefined;
  } else if (commit.status === "blocked") {
    run.lease = undefined;
  } else {
    end(run, commit.status, commit.now);
  }
}

export function end(run: Run, status: RunStatus, now: number): void {
  run.status = status;
  run.frame = null;
  run.wakeAt = null;
  run.lease = undefined;
  run.updatedAt = now;
  run.endedAt = now;
}

export function view(run: Run): RunView {
  const { id, app, functionId, status, label, event, wakeAt, output, error, createdAt, updatedAt, endedAt } = run;
  const { parent } = event;
  return {
    ...{ id, app, functionId, status, label, event, wakeAt, output, error, createdAt, updatedAt, endedAt },
    ...(parent && { parent }),
  };
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
