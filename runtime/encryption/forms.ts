/**
 * Which fields of what a store keeps hold data of the user's. A field that `store.ts` gains is a type error here until
 * somebody decides.
 */
import type { FramePiece } from "../frame-pieces.ts";
import type {
  Claim,
  Commit,
  EventView,
  Mail,
  Origin,
  ParkedRun,
  ParkedState,
  ProjectedRun,
  RecordedOutcome,
  RunView,
  SentSignal,
  StepRecord,
  StoredEvent,
  StoredStep,
  Stray,
} from "../store.ts";
import type { Place } from "./seal.ts";

/** `open` is stored as it is; `sealed` is a text that is encrypted; a form is one of a record, or of each in a list. */
type Rule<Value> =
  | "open"
  | (string extends Value ? "sealed" : never)
  | (Value extends readonly (infer Item)[] ? Form<Item> : Value extends object ? Form<Value> : never);

interface Form<Stored> {
  /** Names the row. `above` is the row of the record that holds it. */
  readonly row: (record: Stored, above: Place) => Place;
  readonly fields: { readonly [Field in keyof Required<Stored>]: Rule<NonNullable<Stored[Field]>> };
}

const event: Form<StoredEvent> = {
  row: ({ app, id, name }) => ["app", app, "event", id, "name", name],
  fields: { id: "open", app: "open", name: "open", data: "sealed", receivedAt: "open", target: "open", parent: "open" },
};

/** Its problem is one of an event as such: whoever finds it may know no more than the id. */
const shownEvent: Form<EventView> = {
  row: event.row,
  fields: { ...event.fields, fate: "open", problem: "open" },
};

const stray: Form<Stray> = { row: (_stray, row) => row, fields: { fate: "open", problem: "sealed" } };

const stepFields: Form<StepRecord>["fields"] = {
  op: "open",
  attempt: "open",
  id: "open",
  kind: "open",
  status: "open",
  input: "sealed",
  output: "sealed",
  error: "sealed",
  rollback: "open",
  startedAt: "open",
  endedAt: "open",
};

const stepRow = ({ op, attempt }: StepRecord, run: Place): Place => [...run, "op", op, "attempt", attempt];

/** As mail is that brings it. */
const signal: Form<SentSignal> = {
  row: () => ["mail", "signal"],
  fields: { op: "open", name: "open", text: "sealed" },
};

const piece: Form<FramePiece> = {
  row: ({ array, index }, run) => [...run, "array", array, "piece", index],
  fields: { array: "open", index: "open", text: "sealed" },
};

const commit: Form<Commit> = {
  row: ({ run }) => rowOfRun(run),
  fields: {
    run: "open",
    epoch: "open",
    seq: "open",
    now: "open",
    status: "open",
    frame: "sealed",
    pieces: piece,
    dropped: "open",
    label: "open",
    wakeAt: "open",
    release: "open",
    steps: { row: stepRow, fields: stepFields },
    output: "sealed",
    error: "sealed",
    // What is waited for is hidden otherwise: stores look for it.
    waits: "open",
    unwait: "open",
    events: event,
    signals: signal,
    unfit: { row: ({ event }) => rowOfProblem(event), fields: { event: "open", problem: "sealed" } },
    read: "open",
    // The names of pools are hidden otherwise: stores compare them.
    acquire: "open",
    elsewhere: "open",
    giveBack: "open",
  },
};

/** The plan belongs to the run that has the origin. */
const origin: Form<Origin> = {
  row: (_origin, run) => run,
  fields: { run: "open", op: "open", plan: "sealed" },
};

const claim: Form<Claim> = {
  row: ({ run }) => rowOfRun(run),
  fields: {
    run: "open",
    functionId: "open",
    epoch: "open",
    seq: "open",
    frame: "sealed",
    // One that cannot be opened is told by the frame.
    pieces: "open",
    event,
    events: event,
    slots: "open",
    lostClaims: "open",
    createdAt: "open",
    // Its place is told by each one.
    mail: "open",
    origin,
  },
};

const view: Form<RunView> = {
  row: ({ id }) => rowOfRun(id),
  fields: {
    id: "open",
    app: "open",
    functionId: "open",
    status: "open",
    label: "open",
    event,
    wakeAt: "open",
    output: "sealed",
    error: "sealed",
    createdAt: "open",
    updatedAt: "open",
    endedAt: "open",
    parent: "open",
    origin,
    stepsRemoved: "open",
  },
};

/** As a view that is read. */
const projected: Form<ProjectedRun> = { row: view.row, fields: { ...view.fields, revision: "open" } };

const parkedFields: Form<ParkedRun>["fields"] = {
  id: "open",
  app: "open",
  functionId: "open",
  status: "open",
  label: "open",
  error: "sealed",
  frame: "sealed",
  // As those of a claim.
  pieces: "open",
};

const parked: Form<ParkedRun> = { row: ({ id }) => rowOfRun(id), fields: parkedFields };

const state: Form<ParkedState> = {
  row: ({ id }) => rowOfRun(id),
  fields: { ...parkedFields, version: "open", waits: "open", mail: "open" },
};

const step: Form<StoredStep> = { row: stepRow, fields: { ...stepFields, index: "open" } };

const outcome: Form<RecordedOutcome> = { row: stepRow, fields: { ...stepFields, seq: "open" } };

export const forms = {
  event,
  shownEvent,
  stray,
  piece,
  commit,
  claim,
  projected,
  view,
  parked,
  state,
  step,
  outcome,
  origin,
} as const;

/** Where the text of a message was sealed: the output or error of a run that ended stays as that run has stored it. */
export function placeOfMail({ kind, from }: Pick<Mail, "kind" | "from">): Place {
  return from === undefined ? ["mail", kind, "text"] : [...rowOfRun(from), kind === "completed" ? "output" : "error"];
}

/** Of the output that a store keeps in the transaction of a step. */
export function rowOfTransaction(run: string, op: number): Place {
  return [...rowOfRun(run), "op", op, "transaction", "output"];
}

export function rowOfProblem(event: string): Place {
  return ["event", event];
}

export function rowOfRun(run: string): Place {
  return ["run", run];
}

/** The record with another text in each sealed field; nothing else of it changes. */
export function withTexts<Stored extends object>(
  form: Form<Stored>,
  record: Stored,
  convert: (text: string, place: Place) => string,
  above: Place = [],
): Stored {
  const row = form.row(record, above);
  const converted = { ...(record as object) } as Record<string, unknown>;
  for (const [field, rule] of Object.entries<"open" | "sealed" | Form<object>>(form.fields as never)) {
    const value = converted[field];
    if (rule === "open" || value === undefined || value === null) continue;
    const one = (each: object) => withTexts(rule as Form<object>, each, convert, row);
    if (rule === "sealed") converted[field] = convert(value as string, [...row, field]);
    else converted[field] = Array.isArray(value) ? value.map(one) : one(value);
  }
  return converted as Stored;
}
