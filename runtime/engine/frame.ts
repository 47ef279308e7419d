/**
 * One call of a compiled function: what emitted code knows as `$`.
 *
 * While the call is in memory its code simply runs and the frame only watches: where it is parked, the current record of
 * each scope, the cursors of open loops. After a reload the code is re-entered: `pc` names the label to go to, and until
 * it is reached no code of the author runs.
 */
import { type LiveSlots, own } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Activation } from "./activation.ts";
import { continues, makeAmbient, runIn, suspended, suspends } from "./ambient.ts";
import type { Unwrap } from "./awaited-cursors.ts";
import { Call } from "./call.ts";
import type { CallOrigin } from "./call-frame.ts";
import type { ClosureTable, Invocation } from "./closures.ts";
import type { Completion } from "./frame-finally.ts";
import { FrameFunctions } from "./frame-functions.ts";
import { Handle, ReturnedHandle, type Waiter } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { type OpenAtPlace, type Place, start } from "./place.ts";
import { bodyOf, type CompiledBody, type CompiledCode, goneCode } from "./registry.ts";
import type { ScopeRecord } from "./scopes.ts";
import { isOpenThenable, isThenable } from "./thenables.ts";

/** What a frame does not make itself. */
export interface FrameOrigin extends CallOrigin {
  readonly call?: Handle | undefined;
  readonly number?: number;
  /** The frame is no call: it only runs up to `$.code`. */
  readonly fetchesTable?: boolean;
}

export class Frame extends FrameFunctions implements Waiter {
  /** What the caller got. */
  readonly call: Handle;
  /** Number among the calls of its run, from 1; 0 when it is no call. */
  readonly number: number;
  /** For what it waits at its place; undefined while its code runs. */
  waiting: Handle | undefined;
  since = 0;
  place: Place = start;

  readonly #body: CompiledBody;
  readonly #fetchesTable: boolean;
  /** Its code runs on the stack of its caller. */
  #isCalled = false;
  /** What the call itself throws: that of a function that is not async. */
  raisedByCall: { readonly error: unknown } | undefined;
  /** It waits for a value that the language unwraps, in a job of its own. */
  #unwraps = false;
  /** Of a call that returned a handle: settles its body. */
  #finish: ((outcome: Outcome) => void) | undefined;

  constructor(activation: Activation, code: CompiledCode, args: readonly unknown[], origin: FrameOrigin = {}) {
    super(activation, code.info, args, origin);
    const { call, fetchesTable = false } = origin;
    this.#body = code.body;
    this.call = call ?? new Handle(`the call of ${code.info.code}`, activation);
    this.call.isPromise = true;
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
      const { info, outer } = code;
      const frame = new Frame(activation, { info, body, outer }, args, { self, invocation, fetchesTable: true });
      frame.pc = "the table";
      runIn(undefined, () => Reflect.apply(body, self, [frame, ...args])).catch(() => {});
      frame.pc = "";
    }
    if (invocation.table === undefined) throw goneCode(invocation.code, "the function has no closures");
    return invocation.table;
  }

  // ---- what emitted code uses ----

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
    this.#gives(value);
    if (activation.owns(value)) return new ReturnedHandle(value, this);
    // What is below a proxy is asked for `then` by the language alone, once.
    return isOpenThenable(value) ? outside(activation, "return", value, () => {}) : value;
  }

  /** A function that is not async throws. */
  raised(error: unknown): unknown {
    if (this.#isCalled && !this.wasParked) this.raisedByCall = { error };
    return error;
  }

  code(table: ClosureTable): void {
    this.invocation.table = table;
    if (this.#fetchesTable) throw tableFetched;
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
    this.#isCalled = true;
    try {
      return this.#body.call(this.self, this, ...this.args);
    } catch (error) {
      // The end of the native stack: an async function throws nothing else.
      return Promise.reject(error);
    } finally {
      this.#isCalled = false;
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

  liveSlots(): LiveSlots | undefined {
    return this.place.returned ? undefined : own(this.info.labels, this.place.label);
  }

  /** Whether the current record of a scope is stored with the frame. */
  storesScope(path: string): boolean {
    const live = this.liveSlots();
    return live !== undefined && Object.hasOwn(live, path);
  }

  storesRecord(path: string, record: ScopeRecord): boolean {
    return this.scopes.get(path) === record && this.activation.frames.has(this) && this.storesScope(path);
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
    this.#gives(value);
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

  /** Code that is not async comes to what it returns, and to nothing else. */
  #gives(value: unknown): void {
    if (this.info.returnsHandle) this.call.isPromise = !(this.activation.owns(value) && !value.isPromise);
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

/** Ends the run-up that fetches a table. */
const tableFetched = new Error("the table was fetched");
