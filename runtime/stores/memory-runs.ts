/** The runs of a store in memory, and what its calls do to one of them. */
import { type FramePiece, piecesAfter, shownRun } from "../frame-pieces.ts";
import type {
  Claim,
  ClaimRequest,
  Commit,
  DerivedRun,
  Join,
  Mail,
  NewRun,
  NewWait,
  OpKey,
  Origin,
  ParkedRun,
  ParkedState,
  RecordedOutcome,
  RunQuery,
  RunStatus,
  RunView,
  StepPage,
  StepRecord,
  StoredEvent,
  StoredStep,
} from "../store.ts";

/** With the number of the commit that wrote it. */
export type KeptRecord = StepRecord & { readonly seq: number };

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
  readonly parent: OpKey | undefined;
  readonly origin: Origin | undefined;
  status: RunStatus;
  epoch: number;
  seq: number;
  lostClaims: number;
  frame: string | null;
  pieces: readonly FramePiece[];
  label: string | null;
  wakeAt: number | null;
  lease: Lease | undefined;
  output: string | null;
  error: string | null;
  readonly createdAt: number;
  updatedAt: number;
  endedAt: number | null;
  /** Attempts by op, then by attempt. */
  readonly steps: Map<number, Map<number, KeptRecord>>;
  stepsRemoved: number | undefined;
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
    parent: event.parent,
    origin: undefined,
    status: "running",
    epoch: 0,
    seq: 0,
    lostClaims: 0,
    frame: null,
    pieces: [],
    label: null,
    wakeAt: run.wakeAt,
    lease: undefined,
    output: null,
    error: null,
    createdAt: event.receivedAt,
    updatedAt: event.receivedAt,
    endedAt: null,
    steps: new Map(),
    stepsRemoved: undefined,
    mail: [],
    mailed: 0,
  };
}

/** A run that is made of another one, with the state that it has. */
export function derivedRun({ id, origin, state }: DerivedRun, of: Run, now: number): Run {
  const { app, functionId, event } = of;
  const fresh = queuedRun({ id, app, functionId, eventId: event.id, wakeAt: now }, { ...event, receivedAt: now });
  const mail = [...(state?.mail ?? [])];
  return Object.assign(fresh, {
    ...{ event, joined: [...of.joined], parent: undefined, origin, mail, mailed: mail.at(-1)?.seq ?? 0 },
    ...(state && { frame: state.frame, label: state.label }),
  });
}

/** The state of a run that has not ended. */
export function stateOf(run: Run, waits: readonly NewWait[]): ParkedState {
  return { ...parkedRun(run), version: versionOf(run), waits, mail: [...run.mail] };
}

export function versionOf({ seq, mailed }: Run): string {
  return `${seq}/${mailed}`;
}

export function parkedRun({ id, app, functionId, status, label, error, frame, pieces }: Run): ParkedRun {
  return shownRun({ id, app, functionId, status, label, error, frame }, pieces);
}

export function outcomesOf({ steps }: Run, ops: readonly number[]): RecordedOutcome[] {
  return ops.flatMap((op) =>
    [...(steps.get(op)?.values() ?? [])]
      .filter(({ status }) => status !== "retrying")
      .map((record) => ({ ...record }) as RecordedOutcome),
  );
}

/** Keeps what is recorded of an attempt. */
export function recordStep(steps: Run["steps"], step: KeptRecord): void {
  const attempts = steps.get(step.op);
  if (attempts) attempts.set(step.attempt, step);
  else steps.set(step.op, new Map([[step.attempt, step]]));
}

/** By op and attempt, each with its place among the ops of its id. */
export function listedSteps({ steps }: Pick<Run, "steps">, { after = 0, limit, counted }: StepPage): StoredStep[] {
  const seen = new Map<string, number>(counted);
  const indexed: StoredStep[][] = [];
  for (const [op, attempts] of [...steps].sort(([a], [b]) => a - b)) {
    if (counted && op <= after) continue;
    const records = [...attempts.values()].sort((a, b) => a.attempt - b.attempt);
    const stepId = records[0]?.id ?? "";
    const index = seen.get(stepId) ?? 0;
    seen.set(stepId, index + 1);
    if (op > after) indexed.push(records.map(({ seq: _, ...record }) => ({ ...record, index })));
  }
  return indexed.slice(0, limit).flat();
}

export function isListed(run: Run, query: RunQuery): boolean {
  const { app, functionId, status, eventName, eventId, label, parent, origin, before, from } = query;
  const same = (wanted: string | undefined, value: string | undefined) => wanted === undefined || wanted === value;
  const path = (labels: string | null) => ` > ${labels} > `;
  return (
    run.app === app &&
    same(functionId, run.functionId) &&
    (status === undefined || [status].flat().includes(run.status)) &&
    same(eventName, run.event.name) &&
    same(eventId, run.event.id) &&
    same(parent, run.parent?.run) &&
    same(origin, run.origin?.run) &&
    (label === undefined || (run.label !== null && path(run.label).includes(path(label)))) &&
    (before === undefined || run.id < before) &&
    (from === undefined || run.id >= from)
  );
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
  const { id, functionId, epoch, seq, frame, event, lostClaims, createdAt } = run;
  const { origin, joined, pieces } = run;
  const claim = { run: id, functionId, epoch, seq, frame, event, lostClaims, createdAt, mail: [...run.mail] };
  return {
    ...claim,
    ...(origin && { origin }),
    ...(joined.length > 0 && { events: [event, ...joined] }),
    ...(pieces.length > 0 && { pieces }),
  };
}

export function apply(run: Run, commit: Commit): void {
  run.seq += 1;
  run.lostClaims = 0;
  run.status = commit.status;
  run.frame = commit.frame ?? run.frame;
  run.pieces = piecesAfter(run.pieces, commit);
  run.label = commit.label ?? (commit.status === "running" || commit.status === "blocked" ? run.label : null);
  const { read } = commit;
  if (read) run.mail = run.mail.filter(({ seq }) => !read.includes(seq));
  run.wakeAt = run.mail.length > 0 ? commit.now : commit.wakeAt;
  run.output = commit.output ?? run.output;
  run.error = commit.error ?? run.error;
  run.updatedAt = commit.now;
  for (const step of commit.steps) recordStep(run.steps, { seq: run.seq, ...step });
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
  run.pieces = [];
  run.wakeAt = null;
  run.lease = undefined;
  run.updatedAt = now;
  run.endedAt = now;
}

export function view(run: Run): RunView {
  const { id, app, functionId, status, label, event, wakeAt, output, error, createdAt, updatedAt, endedAt } = run;
  const { parent, origin, stepsRemoved } = run;
  return {
    ...{ id, app, functionId, status, label, event, wakeAt, output, error, createdAt, updatedAt, endedAt },
    ...(parent && { parent }),
    ...(origin && { origin }),
    ...(stepsRemoved !== undefined && { stepsRemoved }),
  };
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
