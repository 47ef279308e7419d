/**
 * One call of a compiled generator function: what its code knows as `$`. As a frame of a call that waits, it watches where
 * the code stands; but nothing waits here, and a generator may stand for ever.
 *
 *   function* ($, list) { … switch ($.pc) { … yield $.give("item", () => v.item); … yield* $.delegate("rest", () => rest()); … } }
 */
import { type CodeInfo, type LiveSlots, own } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { CallFrame, type CallOrigin } from "./call-frame.ts";
import type { CursorImage } from "./cursors.ts";
import { type Delegate, delegateTo, restoreDelegate, ToldDelegate } from "./delegates.ts";
import type { Completion } from "./frame-finally.ts";
import type { Held } from "./generator-marks.ts";
import { type Method, nativeMethods, stepOf } from "./generator-steps.ts";
import { type Place, start } from "./place.ts";

/** The compiled form of a generator function. */
export type GeneratorBody = (this: unknown, frame: GeneratorFrame, ...args: unknown[]) => Generator;

/** A generator function of one call of the function around it. */
export interface GeneratorCode {
  readonly info: CodeInfo;
  readonly body: GeneratorBody;
  /** The body binds its parameters by itself, up to a first `yield` of ours. */
  readonly binds: boolean;
  /** Makes the author's generators, which inherit from its `prototype`. */
  readonly drive: Driver;
}

export interface Driver {
  (held: Held): Generator;
  prototype: unknown;
}

/** Where a stored generator stands. */
export interface StandingAt {
  readonly label: string;
  readonly cursors: Readonly<Record<string, CursorImage>>;
  readonly completions: Readonly<Record<string, Completion>>;
  readonly delegate: CursorImage | undefined;
}

/** What the generators of compiled bodies inherit from: whatever becomes of the language's, these go on. */
export const innerPrototype = {
  __proto__: null,
  ...nativeMethods,
  [Symbol.iterator](): unknown {
    return this;
  },
};

export class GeneratorFrame extends CallFrame {
  readonly code: GeneratorCode;
  /** Of the `yield` where it stands; "" before it has begun. */
  label = "";
  /** Its generator has run. */
  isStarted = false;
  isEnded = false;
  /** Its generator is to stand in front of the code, where nothing can be seen of it. */
  isHeld = false;
  /** The generator of the body; undefined before it has begun, and in a loaded run. */
  #inner: Generator | undefined;
  #delegate: Delegate | undefined;
  /** Of a loaded run: what the `yield*` goes over that is re-entered. */
  #storedDelegate: CursorImage | undefined;
  /** What `return(value)` gave it last. */
  #returned: unknown;

  constructor(activation: Activation, code: GeneratorCode, args: readonly unknown[], origin: CallOrigin) {
    super(activation, code.info, args, origin);
    this.code = code;
  }

  // ---- what emitted code uses ----

  /** Behind its parameters: whether it stands here. Re-entering, it may stand elsewhere. */
  starts(label: string): boolean {
    if (this.pc === "") this.#stand(label, undefined);
    else if (this.pc === label) this.pc = "";
    else return false;
    return true;
  }

  /** In front of a `yield`. Re-entering, the thunk is not called, and nobody sees what is given. */
  give(label: string, thunk?: () => unknown): unknown {
    return this.pc === "" ? this.#stand(label, thunk?.()) : this.#reenter(label);
  }

  /** As `give`, for an operand that was evaluated before because it holds a `yield` itself. */
  given(label: string, value: unknown): unknown {
    return this.pc === "" ? this.#stand(label, value) : this.#reenter(label);
  }

  /** What a `yield*` goes over. Re-entering, it is the stored one. */
  delegate(label: string, thunk: () => unknown): Iterable<unknown> {
    return this.delegated(label, this.pc === "" ? thunk() : undefined);
  }

  /** As `delegate`, with the iterable as it was evaluated. */
  delegated(label: string, iterable: unknown): Iterable<unknown> {
    if (this.pc === "") this.#delegate = this.#stand(label, delegateTo(iterable));
    else {
      this.#reenter(label);
      if (this.#storedDelegate === undefined) this.strayed(`${label}, which goes over nothing`);
      else this.#delegate = restoreDelegate(this.#storedDelegate);
      this.#storedDelegate = undefined;
    }
    const delegate = this.#delegate as Delegate;
    const told = () =>
      new ToldDelegate(delegate, (value) => {
        this.#returned = value;
      });
    return (this.info.completions ? told() : delegate) as Iterable<unknown>;
  }

  /** In the `finally` behind a body: whether it is left by `return(value)`. Other ways out are known by then. */
  left(name: string): boolean {
    if (this.pc !== "" || this.pending(name) !== undefined) return false;
    this.exit(name, "return", this.#returned);
    return true;
  }

  // ---- what the engine uses ----

  get place(): Place {
    return this.label === "" ? start : { label: this.label, returned: false };
  }

  liveSlots(): LiveSlots | undefined {
    return this.isEnded ? undefined : own(this.info.labels, this.label);
  }

  /** Closures may be all that is left of a generator. */
  override storesRecord(): boolean {
    return false;
  }

  override scopeName(path: string): string {
    const isClosure = this.closure !== undefined && this.activation.closures.has(this.closure);
    return isClosure ? super.scopeName(path) : `${this.info.code} ${path}`;
  }

  openCompletions(): [name: string, completion: Completion][] {
    return this.completionsAt(this.label);
  }

  /** What the `yield*` goes over at which it stands. */
  openDelegate(): { image(): CursorImage | undefined } | undefined {
    const stored = this.#storedDelegate;
    return stored ? { image: () => stored } : this.#delegate;
  }

  /** Binds the parameters, as natively at the call. */
  bindParameters(): void {
    if (this.code.binds) stepOf(this.#begin(), "next");
  }

  /** Takes where a stored one stands. */
  restore({ label, cursors, completions, delegate }: StandingAt): void {
    this.label = label;
    this.pc = label;
    this.restoreCursors(Object.entries(cursors));
    this.restoreCompletions(label, Object.entries(completions));
    this.#storedDelegate = delegate;
  }

  /** What the author's generator goes over, which it begins now. */
  steps(): Iterable<unknown> {
    if (this.pc !== "" || this.info.completions) return new Steps(this, this.pc !== "");
    return this.#inner ?? this.#begin();
  }

  step(method: Method, value: unknown): IteratorResult<unknown> {
    const inner = this.#inner ?? this.#begin();
    // Of a loaded run: so far it was enough to know where it stands.
    if (this.pc !== "" && (stepOf(inner, "next").done || this.pc !== "")) this.strayed("its end");
    if (method === "return") {
      this.#returned = value;
      this.overtake(this.label);
    }
    return stepOf(inner, method, value);
  }

  ended(): void {
    this.isEnded = true;
    this.#inner = undefined;
    this.#delegate = undefined;
  }

  protected strayed(met: string): void {
    this.activation.strayed(this, met);
    throw new Error("a generator cannot go on under other code");
  }

  #begin(): Generator {
    const { body } = this.code;
    // A spread would ask arrays for their iterator, which programs may have replaced.
    const args: unknown[] = [this];
    for (let at = 0; at < this.args.length; at++) args[at + 1] = this.args[at];
    this.#inner = Reflect.apply(body, this.self, args) as Generator;
    return this.#inner;
  }

  #stand<Value>(label: string, value: Value): Value {
    this.label = label;
    this.#delegate = undefined;
    return value;
  }

  #reenter(label: string): undefined {
    if (label !== this.pc) this.strayed(label);
    this.pc = "";
  }
}

/** The steps of a body whose frame is to know what `return` gives it, or that is to be re-entered. */
class Steps {
  readonly #frame: GeneratorFrame;
  /** The generator that asks stands here already: it asks for what it got before. */
  #repeats: boolean;

  constructor(frame: GeneratorFrame, repeats: boolean) {
    this.#frame = frame;
    this.#repeats = repeats;
  }

  next(value: unknown): IteratorResult<unknown> {
    if (!this.#repeats) return this.#frame.step("next", value);
    this.#repeats = false;
    return { value: undefined, done: false };
  }

  return(value: unknown): IteratorResult<unknown> {
    return this.#frame.step("return", value);
  }

  throw(error: unknown): IteratorResult<unknown> {
    return this.#frame.step("throw", error);
  }

  [Symbol.iterator](): this {
    return this;
  }
}
