/**
 * One call of a compiled function: what emitted code knows as `$`.
 *
 * While the call is in memory its code simply runs and the frame only watches: where it is parked, the current record of
 * each scope, the cursors of open loops. After a reload the code is re-entered: `pc` names the label to go to, and until
 * it is reached no code of the author runs.
 */
import { SafeMap } from "../codec/index.ts";
import { type CodeInfo, type LiveSlots, own } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Activation } from "./activation.ts";
import { continues, makeAmbient, runIn, suspended, suspends } from "./ambient.ts";
import { makeArguments } from "./arguments.ts";
import type { Unwrap } from "./awaited-cursors.ts";
import { Call } from "./call.ts";
import { type ClosureTable, type Invocation, makeClosure } from "./closures.ts";
import type { Completion } from "./frame-finally.ts";
import { FrameResources } from "./frame-resources.ts";
import { Handle, ReturnedHandle, type Waiter } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { type OpenAtPlace, type Place, start } from "./place.ts";
import { bodyOf, type CompiledBody, type CompiledCode, goneCode } from "./registry.ts";
import { copyRecord, newRecord, type ScopeRecord } from "./scopes.ts";
import { isObject, isOpenThenable, isThenable } from "./thenables.ts";

/** What a frame does not make itself. */
export interface FrameOrigin {
  /** The called function, when it is a closure of another call. */
  readonly closure?: object | undefined;
  readonly invocation?: Invocation | undefined;
  readonly call?: Handle | undefined;
  readonly self?: unknown;
  readonly number?: number;
  /** The frame is no call: it only runs up to `$.code`. */
  readonly fetchesTable?: boolean;
}

export class Frame extends FrameResources implements Waiter {
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
  /** The `this` of the call. */
  readonly self: unknown;
  /** Number among the calls of its run, from 1; 0 when it is no call. */
  readonly number: number;
  /** The arguments as an object, once the code asked for it. */
  argumentsObject: object | undefined;
  /** Whose table holds the closures: this call itself, or the call around a nested durable function. */
  readonly invocation: Invocation;
  /** The function, when it is a closure of another call; it is then stored as that closure. */
  readonly closure: object | undefined;
  /** The current record of each scope, by path. */
  readonly scopes = new SafeMap<string, ScopeRecord>();
  /** For what it waits at its place; undefined while its code runs. */
  waiting: Handle | undefined;
  since = 0;
  place: Place = start;

  readonly #body: CompiledBody;
  readonly #fetchesTable: boolean;
  /** It waits for a value that the language unwraps, in a job of its own. */
  #unwraps = false;
  /** Of a call that returned a handle: settles its body. */
  #finish: ((outcome: Outcome) => void) | undefined;

  constructor(activation: Activation, code: CompiledCode, args: readonly unknown[], origin: FrameOrigin = {}) {
    super();
    const { closure, call, self, fetchesTable = false } = origin;
    this.activation = activation;
    this.info = code.info;
    this.#body = code.body;
    this.args = args;
    this.self = self;
    this.closure = closure;
    this.invocation = origin.invocation ?? { code: activation.reference(code.info), args, self, table: undefined };
    this.call = call ?? new Handle(`the call of ${code.info.code}`, activation);
    this.#fetchesTable = fetchesTable;
    activation.outer.add(code, activation.reference(code.info));
    this.number = fetchesTable ? 0 : (origin.number ?? ++activation.lastFrame);
    if (fetchesTable) return;
    this.call.maker = new Call(this);
    activation.frames.add(this);
  }

  /**
   * The table of an invocation that is not in memory: its code is run up to `$.code`, which stands before any code of
   * the author. The frame of that run-up lives on as the `$` of the closures in the table.
   */
  static tableOf(activation: Activation, invocation: Invocation): ClosureTable {
    if (invocation.table === undefined) {
      const { args, self } = invocation;
      const code = activation.code(invocation.code);
      if (code === undefined) throw goneCode(invocation.code, "no loaded module has this function");
      const body = bodyOf(code, self);
      const frame = new Frame(activation, { info: code.info, body }, args, { self, invocation, fetchesTable: true });
      frame.pc = "the table";
      runIn(undefined, () => Reflect.apply(body, self, [frame, ...args])).catch(() => {});
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
  at(label: string, thunk: () => unknown): Promise<Untyped> {
    return this.pc === "" ? this.#await(label, thunk()) : this.#reenterAt(label);
  }

  /** As `at`, for an operand that suspends itself and was evaluated before. Re-entering, the value is ignored. */
  wait(label: string, value: unknown): Promise<Untyped> {
    return this.pc === "" ? this.#await(label, value) : this.#reenterAt(label);
  }

  protected waitUnwrapping(label: string, value: unknown, unwrap: Unwrap): Promise<Untyped> {
    const { activation } = this;
    this.#unwraps = true;
    const promise = unwrap(this.wait(label, value));
    const goOn = () => {
      this.#unwraps = false;
      continues(activation);
    };
    promise.then(goOn, goOn);
    return promise;
  }

  /** The value of a `return` that is not awaited here: for a handle, the call settles as the handle does. */
  out(value: unknown): unknown {
    const { activation } = this;
    if (activation.owns(value)) return new ReturnedHandle(value, this);
    // What is below a proxy is asked for `then` by the language alone, once.
    return isOpenThenable(value) ? outside(activation, "return", value, () => {}) : value;
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

  /** The arguments of the call as an object of the language. */
  get arguments(): object {
    this.argumentsObject ??= makeArguments(...this.args);
    return this.argumentsObject;
  }

  // ---- what the engine uses ----

  /** False until its code has come to its first suspension. */
  get wasParked(): boolean {
    return this.place !== start;
  }

  /** Starts the code, or enters it again at its place. Settles `call` when it ends. */
  enter(): void {
    this.activation.started();
    const body = this.place.returned ? this.#reenterReturned() : this.#run();
    this.call.follow(body);
    body.then(
      (value) => this.#ended({ ok: true, value }),
      (error: unknown) => this.#ended({ ok: false, error }),
    );
  }

  /** Runs the code to its first suspension. Deep recursions come through here, so it takes little of the stack. */
  #run(): Promise<unknown> {
    this.pc = this.place.label;
    const before = makeAmbient(this.activation);
    try {
      return this.#body.call(this.self, this, ...this.args);
    } catch (error) {
      // The end of the native stack: an async function throws nothing else.
      return Promise.reject(error);
    } finally {
      makeAmbient(before);
    }
  }

  /** What it waited for is settled: its code goes on in the next job, which is its own reaction to the same promise. */
  resume(outcome: Outcome): void {
    this.waiting = undefined;
    if (!outcome.ok) this.#failed(this.place.label, outcome.error);
    if (this.place.returned) this.#finish?.(outcome);
    else this.#continues();
  }

  /** The code has ended with this handle, and the language asks how it settles. */
  returned(handle: Handle, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    this.#finish = (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error));
    this.#park({ label: "return", returned: true }, handle);
  }

  /** Slots to store where it is parked, by scope path. */
  liveSlots(): LiveSlots | undefined {
    return this.place.returned ? undefined : own(this.info.labels, this.place.label);
  }

  /** Whether the current record of a scope is stored with the frame. */
  storesScope(path: string): boolean {
    const live = this.liveSlots();
    return live !== undefined && Object.hasOwn(live, path);
  }

  /** How a record of one of its scopes is called where it is stored alone. */
  scopeName(path: string): string {
    const record = this.closure && this.activation.closures.get(this.closure);
    return record ? `${record.id}() ${path}` : path;
  }

  /** Completions of the `finally` blocks inside which it is parked. */
  openCompletions(): [name: string, completion: Completion][] {
    return this.completionsAt(this.place.label);
  }

  /** What the `catch` blocks around it caught. */
  openCatches(): [name: string, error: unknown][] {
    return this.caughtAt(this.place.label);
  }

  /** Takes what a stored frame holds; before it is entered. */
  restore(
    { cursors = {}, resources = {}, caught = {} }: OpenAtPlace,
    completions: readonly [string, Completion][],
  ): void {
    this.restoreCaught(this.place.label, Object.entries(caught));
    this.restoreCursors(Object.entries(cursors));
    this.restoreResources(Object.entries(resources));
    this.restoreCompletions(this.place.label, completions);
  }

  protected strayed(met: string): void {
    this.activation.strayed(this, met);
  }

  #reenterAt(label: string): Promise<unknown> {
    const { activation, waiting } = this;
    suspends();
    if (label !== this.pc || waiting === undefined) {
      this.strayed(label);
      return never();
    }
    this.pc = "";
    waiting.attach(this);
    activation.stopped();
    return waiting.promise;
  }

  #reenterReturned(): Promise<unknown> {
    const { activation, waiting } = this;
    const body = new Promise((resolve, reject) => {
      this.#finish = (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error));
    });
    waiting?.attach(this);
    activation.stopped();
    return body;
  }

  /** What it waited for has settled: its code goes on in the next job, unless that job unwraps a value. */
  #continues(): void {
    if (!this.#unwraps) continues(this.activation);
  }

  #await(label: string, value: unknown): Promise<unknown> {
    const { activation } = this;
    if (activation.closed) {
      suspends();
      activation.stopped();
      return never();
    }
    if (!activation.owns(value)) {
      if (!isThenable(value)) return this.#suspended(Promise.resolve(value));
      suspends();
      const goesOn = () => this.#continues();
      return outside(activation, label, value, goesOn, (error) => this.#failed(label, error));
    }
    if (value.outcome) {
      if (!value.outcome.ok) this.#failed(label, value.outcome.error);
      return this.#suspended(value.promise);
    }
    suspends();
    this.#park({ label, returned: false }, value);
    return value.promise;
  }

  #failed(label: string, error: unknown): void {
    const handled = this.handledAt(label);
    if (handled.length > 0) this.activation.handling.note(error, handled);
  }

  #suspended(promise: Promise<unknown>): Promise<unknown> {
    if (!this.#unwraps) return suspended(this.activation, promise);
    suspends();
    return promise;
  }

  #park(place: Place, handle: Handle): void {
    this.place = place;
    this.waiting = handle;
    this.activation.wait(handle, this);
    this.activation.stopped();
  }

  #ended(outcome: Outcome): void {
    if (this.pc !== "") return this.strayed("its end");
    this.activation.callEnded(this, outcome);
    this.activation.stopped();
  }
}

/** The promise of an ordinary value that is awaited or returned: the activation is not parked before it is settled. */
function outside(
  activation: Activation,
  label: string,
  value: object,
  goesOn: () => void,
  failed: (error: unknown) => void = () => {},
): Promise<unknown> {
  const promise = Promise.resolve(value);
  activation.wentOutside(label);
  const back = () => {
    activation.cameBack(label);
    goesOn();
  };
  promise.then(back, (error: unknown) => {
    failed(error);
    back();
  });
  return promise;
}

/** Of code that does not go on. */
function never(): Promise<never> {
  return new Promise(() => {});
}

const placeholder = new Error("a catch block is entered again");
/** Ends the run-up that fetches a table. */
const tableFetched = new Error("the table was fetched");
const hereMark = Object.freeze({});
const neverMark = Object.freeze({});
