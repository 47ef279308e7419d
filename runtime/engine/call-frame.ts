/** What every call of compiled code has, whether it waits or is a generator's: its records, and what its closures need. */
import { SafeMap } from "../codec/index.ts";
import type { CodeInfo, LiveSlots } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Activation } from "./activation.ts";
import { makeArguments } from "./arguments.ts";
import { type Invocation, makeClosure } from "./closures.ts";
import { FrameFinally } from "./frame-finally.ts";
import { copyRecord, newRecord, type ScopeRecord } from "./scopes.ts";
import { isObject } from "./thenables.ts";

/** What a call does not make itself. */
export interface CallOrigin {
  /** The called function, when it is a closure of another call. */
  readonly closure?: object | undefined;
  readonly invocation?: Invocation | undefined;
  readonly self?: unknown;
}

export abstract class CallFrame extends FrameFinally {
  pc = "";
  /** Thrown as the first act of a `try`, to enter its `catch` again. */
  readonly again: Error = placeholder;
  /** The discriminant of a `switch` that is re-entered. */
  readonly here: object = hereMark;
  /** Equal to no discriminant. */
  readonly never: object = neverMark;

  readonly info: CodeInfo;
  readonly activation: Activation;
  /** Of a loaded async generator they come later. */
  args: readonly unknown[];
  /** The `this` of the call. */
  readonly self: unknown;
  /** The arguments as an object, once the code asked for it. */
  argumentsObject: object | undefined;
  /** Whose table holds the closures: this call itself, or the call around a nested function. */
  readonly invocation: Invocation;
  /** The function, when it is a closure of another call; it is then stored as that closure. */
  readonly closure: object | undefined;
  /** The current record of each scope, by path. */
  readonly scopes = new SafeMap<string, ScopeRecord>();

  constructor(activation: Activation, info: CodeInfo, args: readonly unknown[], origin: CallOrigin) {
    super();
    const { closure, self } = origin;
    this.activation = activation;
    this.info = info;
    this.args = args;
    this.self = self;
    this.closure = closure;
    this.invocation = origin.invocation ?? { code: activation.reference(info), args, self, table: undefined };
  }

  // ---- what emitted code uses ----

  get live(): boolean {
    return this.pc === "";
  }

  in(...labels: string[]): boolean {
    return this.pc !== "" && labels.includes(this.pc);
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

  fn(id: string, ...scopes: ScopeRecord[]): Untyped {
    const isCallback = this.info.reads !== undefined && Object.hasOwn(this.info.reads, id);
    const record = { order: ++this.activation.lastMade, invocation: this.invocation, id, scopes, isCallback };
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

  /** Slots to store where it stands, by scope path. */
  abstract liveSlots(): LiveSlots | undefined;

  /** Whether a record is stored as the current one of a scope of a frame, under its path. */
  abstract storesRecord(path: string, record: ScopeRecord): boolean;

  /** How a record of one of its scopes is called where it is stored alone. */
  scopeName(path: string): string {
    const record = this.closure && this.activation.closures.get(this.closure);
    return record ? `${record.id}() ${path}` : path;
  }
}

const placeholder = new Error("a catch block is entered again");
const hereMark = Object.freeze({});
const neverMark = Object.freeze({});
