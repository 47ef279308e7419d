/**
 * One call of a compiled function: what emitted code knows as `$`.
 *
 * While the call is in memory its code simply runs and the frame only watches: where it is parked, the current record of
 * each scope, the cursors of open loops. After a reload the code is re-entered: `pc` names the label to go to, and until
 * it is reached no code of the author runs.
 */
import type { CodeInfo, LiveSlots } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Activation } from "./activation.ts";
import { type ClosureTable, type Invocation, makeClosure } from "./closures.ts";
import { type Cursor, type CursorImage, cursorOver, cursorOverKeys, restoreCursor, strayCursor } from "./cursors.ts";
import { Handle, ReturnedHandle } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { type CompiledBody, type CompiledCode, goneCode } from "./registry.ts";
import { copyRecord, newRecord, type ScopeRecord } from "./scopes.ts";

/** How a block left for its `finally`, which may suspend. */
export interface Completion {
  readonly kind: string;
  readonly value: unknown;
}

/** A `try` with a suspending `finally` that was entered. */
interface Finally {
  readonly labels: readonly string[];
  completion: Completion | undefined;
}

/** Where a frame of a parked run is. `returned`: its code has ended, it waits for the handle that it returned. */
export interface Place {
  readonly label: string;
  readonly returned: boolean;
}

/** What a frame does not make itself. */
export interface FrameOrigin {
  /** The called function, when it is a closure of another call. */
  readonly closure?: object | undefined;
  readonly invocation?: Invocation | undefined;
  readonly call?: Handle | undefined;
  /** The frame is no call: it only runs up to `$.code`. */
  readonly fetchesTable?: boolean;
}

/** The place of a frame that has not begun. No suspension has this label. */
const start: Place = { label: "", returned: false };

/** The frame whose code is running synchronously inside a thunk of `$.at`. Process-wide: one thread, no await inside. */
let current: Frame | undefined;

/** The frame on whose behalf code is running now; undefined outside the thunks of compiled code. */
export function currentFrame(): Frame | undefined {
  return current;
}

/** Runs code that is no thunk: what it calls does not belong to the frame around it. */
export function withoutFrame<Result>(run: () => Result): Result {
  const saved = current;
  current = undefined;
  try {
    return run();
  } finally {
    current = saved;
  }
}

export class Frame {
  /** The label to go to while re-entering; "" while live. */
  pc = "";
  /** Thrown as the first act of a `try`, to enter its `catch` again. */
  readonly again: Error = placeholder;
  /** The discriminant of a `switch` that is re-entered. */
  readonly here: object = hereMark;
  /** Equal to no discriminant. */
  readonly never: object = neverMark;

  readonly info: CodeInfo;
  readonly activation: Activation;
  /** What the caller got. */
  readonly call: Handle;
  readonly args: readonly unknown[];
  /** Whose table holds the closures: this call itself, or the call around a nested durable function. */
  readonly invocation: Invocation;
  /** The function, when it is a closure of another call; it is then stored as that closure. */
  readonly closure: object | undefined;
  /** The current record of each scope, by path. */
  readonly scopes = new Map<string, ScopeRecord>();
  /** For what it waits at its place; undefined while its code runs. */
  waiting: Handle | undefined;
  place: Place = start;

  readonly #body: CompiledBody;
  readonly #cursors = new Map<string, Cursor>();
  /** Stored cursors whose loop was not entered again yet. */
  readonly #storedCursors = new Map<string, CursorImage>();
  readonly #finallies = new Map<string, Finally>();
  #consumed: Completion | undefined;
  readonly #fetchesTable: boolean;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(activation: Activation, code: CompiledCode, args: readonly unknown[], origin?: FrameOrigin) {
    this.activation = activation;
    this.info = code.info;
    this.#body = code.body;
    this.args = args;
    this.closure = origin?.closure;
    this.invocation = origin?.invocation ?? { code: code.info.code, args, table: undefined };
    this.call = origin?.call ?? new Handle(`the call of ${code.info.code}`, activation);
    this.#fetchesTable = origin?.fetchesTable ?? false;
    if (!this.#fetchesTable) activation.frames.add(this);
  }

  /**
   * The table of an invocation that is not in memory: its code is run up to `$.code`, which stands before any code of
   * the author. The frame of that run-up lives on as the `$` of the closures in the table.
   */
  static tableOf(activation: Activation, invocation: Invocation): ClosureTable {
    if (invocation.table === undefined) {
      const code = activation.code(invocation.code);
      if (code === undefined) throw goneCode(invocation.code, "no loaded module has this function");
      const frame = new Frame(activation, code, invocation.args, { invocation, fetchesTable: true });
      frame.pc = "the table";
      withoutFrame(() => code.body(frame, ...invocation.args)).catch(() => {});
      frame.pc = "";
    }
    if (invocation.table === undefined) throw goneCode(invocation.code, "the function has no closures");
    return invocation.table;
  }

  // ---- what emitted code uses ----

  get live(): boolean {
    return this.pc === "";
  }

  in(...labels: string[]): boolean {
    return this.pc !== "" && labels.includes(this.pc);
  }

  /** A suspension: the value of the thunk's expression is awaited. Re-entering, the thunk is not called. */
  at(label: string, thunk: () => unknown): Untyped {
    if (this.pc !== "") return this.#reenterAt(label);
    const value = this.start(thunk);
    if (value instanceof Handle) return this.#await(label, value);
    return isObject(value) ? this.#outside(value) : value;
  }

  /** The value of a `return` that is not awaited here: for a handle, the call settles as the handle does. */
  out(thunk: () => unknown): unknown {
    const value = this.start(thunk);
    if (value instanceof Handle) return new ReturnedHandle(value);
    return isObject(value) ? this.#outside(value) : value;
  }

  /** Calls a tool or a durable function on behalf of this frame, without waiting for it. */
  start(thunk: () => unknown): Untyped {
    const saved = current;
    current = this;
    try {
      return thunk();
    } finally {
      current = saved;
    }
  }

  /** A scope is entered: a fresh record, or the stored one when re-entering. */
  scope(path: string, init?: (record: ScopeRecord) => void): ScopeRecord {
    if (this.pc !== "") {
      const stored = this.scopes.get(path);
      if (stored !== undefined) return stored;
    }
    const record = newRecord(this, path);
    this.scopes.set(path, record);
    if (this.pc === "") init?.(record);
    return record;
  }

  /** The next iteration's record of a loop scope. */
  copy(record: ScopeRecord): ScopeRecord {
    const { copy, scopePath } = copyRecord(record);
    if (scopePath !== undefined) this.scopes.set(scopePath, copy);
    return copy;
  }

  /** A slot that may not be initialised yet. */
  read(record: ScopeRecord, name: string): Untyped {
    if (Object.hasOwn(record, name)) return record[name];
    throw new ReferenceError(`Cannot access '${name}' before initialization`);
  }

  code(table: ClosureTable): void {
    this.invocation.table = table;
    if (this.#fetchesTable) throw tableFetched;
  }

  fn(id: string, ...scopes: ScopeRecord[]): Untyped {
    const record = { order: ++this.activation.lastMade, invocation: this.invocation, id, scopes };
    const closure = makeClosure(record, this.invocation.table);
    if (isObject(closure)) this.activation.closures.set(closure, record);
    return closure;
  }

  /** A value that is made again after a reload. */
  local(closure: () => unknown): Untyped {
    const value = closure();
    const maker = this.activation.closures.get(closure);
    if (isObject(value) && maker !== undefined) {
      this.activation.locals.set(value, { order: ++this.activation.lastMade, maker });
    }
    return value;
  }

  each(name: string, iterable: () => unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOver(iterable(), onEnd));
  }

  keys(name: string, object: () => unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOverKeys(object(), onEnd));
  }

  /** Before the body of a `try` whose `finally` suspends: true when the body is to be skipped. */
  begin(name: string, ...labels: string[]): boolean {
    if (this.pc !== "") {
      const known = this.#finallies.get(name);
      this.#finallies.set(name, { labels, completion: known?.completion });
      return labels.includes(this.pc);
    }
    this.#finallies.set(name, { labels, completion: undefined });
    return false;
  }

  exit(name: string, kind: string, value?: unknown): void {
    const entered = this.#finallies.get(name);
    if (entered !== undefined) entered.completion = { kind, value };
  }

  /** How the body ended; asked once, after the code of the `finally`. */
  completion(name: string): string {
    this.#consumed = this.#finallies.get(name)?.completion;
    this.#finallies.delete(name);
    return this.#consumed?.kind ?? "next";
  }

  value(_name: string): Untyped {
    const value = this.#consumed?.value;
    this.#consumed = undefined;
    return value;
  }

  // ---- what the engine uses ----

  /** False until its code has come to its first suspension. */
  get wasParked(): boolean {
    return this.place !== start;
  }

  /** Starts the code, or enters it again at its place. Settles `call` when it ends. */
  enter(): void {
    if (this.place.returned && this.waiting) {
      this.waiting.addWaiter(this);
      this.activation.callee(this.waiting)?.enter();
      return;
    }
    this.pc = this.place.label;
    this.activation.started();
    const ended = withoutFrame(() => this.#body(this, ...this.args));
    ended.then(
      (value) => this.#ended({ ok: true, value }),
      (error: unknown) => this.#ended({ ok: false, error }),
    );
  }

  /** What it waited for is delivered: its code goes on. */
  resume(outcome: Outcome): void {
    this.waiting = undefined;
    this.activation.started();
    if (this.place.returned) this.#settle(outcome);
    else if (outcome.ok) this.#resolve?.(outcome.value);
    else this.#reject?.(outcome.error);
  }

  /** Slots to store where it is parked, by scope path. */
  liveSlots(): LiveSlots | undefined {
    return this.place.returned ? undefined : own(this.info.labels, this.place.label);
  }

  /** Completions of the `finally` blocks inside which it is parked. */
  openCompletions(): [name: string, completion: Completion][] {
    const open: [string, Completion][] = [];
    for (const [name, { labels, completion }] of this.#finallies) {
      if (completion !== undefined && labels.includes(this.place.label)) open.push([name, completion]);
    }
    return open;
  }

  openCursors(): Iterable<[name: string, cursor: { image(): CursorImage | undefined }]> {
    if (this.#storedCursors.size === 0) return this.#cursors;
    return [...this.#cursors, ...[...this.#storedCursors].map(stored)];
  }

  /** Takes what a stored frame holds; before it is entered. */
  restore(cursors: readonly [string, CursorImage][], completions: readonly [string, Completion][]): void {
    for (const [name, image] of cursors) this.#storedCursors.set(name, image);
    for (const [name, completion] of completions) {
      this.#finallies.set(name, { labels: [this.place.label], completion });
    }
  }

  #reenterAt(label: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (label !== this.pc || this.waiting === undefined) return this.activation.strayed(this, label);
      this.pc = "";
      this.#resolve = resolve;
      this.#reject = reject;
      this.waiting.addWaiter(this);
      this.activation.callee(this.waiting)?.enter();
      this.activation.stopped();
    });
  }

  #await(label: string, handle: Handle): unknown {
    if (handle.outcome?.ok) return handle.outcome.value;
    if (handle.outcome) throw handle.outcome.error;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#park({ label, returned: false }, handle);
    });
  }

  #park(place: Place, handle: Handle): void {
    this.place = place;
    this.waiting = handle;
    handle.addWaiter(this);
    this.activation.stopped();
  }

  /** An ordinary await: the activation must not be taken for parked while it lasts. */
  #outside(value: object): Promise<unknown> {
    this.activation.wentOutside();
    return Promise.resolve(value).finally(() => this.activation.cameBack());
  }

  #ended(outcome: Outcome): void {
    if (this.pc !== "") return this.activation.strayed(this, "its end");
    if (!outcome.ok || !(outcome.value instanceof ReturnedHandle)) return this.#settle(outcome);
    const { handle } = outcome.value;
    if (handle.outcome) this.#settle(handle.outcome);
    else this.#park({ label: "return", returned: true }, handle);
  }

  #settle(outcome: Outcome): void {
    this.activation.frames.delete(this);
    this.call.settle(outcome);
    this.activation.stopped();
  }

  #loop(name: string, begin: (onEnd: () => void) => Cursor): Iterable<unknown> {
    const image = this.#storedCursors.get(name);
    this.#storedCursors.delete(name);
    if (this.pc !== "" && image === undefined) {
      this.activation.strayed(this, `the loop "${name}"`);
      return strayCursor();
    }
    const onEnd = () => {
      if (this.#cursors.get(name) === cursor) this.#cursors.delete(name);
    };
    const cursor = image === undefined || this.pc === "" ? begin(onEnd) : restoreCursor(image, onEnd);
    this.#cursors.set(name, cursor);
    return cursor;
  }
}

const placeholder = new Error("a catch block is entered again");
/** Ends the run-up that fetches a table. */
const tableFetched = new Error("the table was fetched");
const hereMark = Object.freeze({});
const neverMark = Object.freeze({});

function stored([name, image]: [string, CursorImage]): [string, { image(): CursorImage }] {
  return [name, { image: () => image }];
}

/** A property of its own: labels and paths are names that authors choose. */
function own<Value>(object: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
