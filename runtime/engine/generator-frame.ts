/**
 * One call of a compiled generator function: what its code knows as `$`. As a frame of a call that waits, it watches where
 * the code stands; but nothing waits here, and a generator may stand for ever.
 *
 *   function* ($, list) { … switch ($.pc) { … yield $.give("item", () => v.item); … } }
 */
import { type LiveSlots, own } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import type { AwaitedImage } from "./awaited-cursors.ts";
import { CallFrame, type CallOrigin } from "./call-frame.ts";
import type { CursorImage } from "./cursors.ts";
import type { Completion } from "./frame-finally.ts";
import type { GeneratorCode } from "./generators.ts";
import { type Place, start } from "./place.ts";

/** What the `yield*` of a generator goes over, as stored. */
export type DelegateImage = CursorImage | AwaitedImage;

interface OpenDelegate {
  /** Undefined when its iterator cannot be stored. */
  image(): DelegateImage | undefined;
}

/** Where a stored generator stands. */
export interface StandingAt {
  readonly label: string;
  readonly cursors: Readonly<Record<string, CursorImage | AwaitedImage>>;
  readonly completions: Readonly<Record<string, Completion>>;
  readonly delegate: DelegateImage | undefined;
}

/** `Inner` is the generator of the compiled body, `Delegate` what it has its `yield*` go over. */
export abstract class GeneratorFrame<
  Inner extends object = object,
  Delegate extends OpenDelegate = OpenDelegate,
> extends CallFrame {
  readonly code: GeneratorCode;
  /** Of the `yield` where it stands; "" before it has begun. */
  label = "";
  /** Its generator has run. */
  isStarted = false;
  isEnded = false;
  /** Its generator is to stand in front of the code, where nothing can be seen of it. */
  isHeld = false;
  /** Undefined before it has begun, and in a loaded run. */
  protected ofBody: Inner | undefined;
  /** What `return(value)` gave it last. */
  protected returned: unknown;
  #delegate: Delegate | undefined;
  /** Of a loaded run: what the `yield*` goes over that is re-entered. */
  #storedDelegate: DelegateImage | undefined;

  constructor(activation: Activation, code: GeneratorCode, args: readonly unknown[], origin: CallOrigin) {
    super(activation, code.info, args, origin);
    this.code = code;
  }

  // ---- what emitted code uses ----

  /** In front of a `yield`. Re-entering, the thunk is not called, and nobody sees what is given. */
  give(label: string, thunk?: () => unknown): unknown {
    return this.pc === "" ? this.stand(label, thunk?.()) : this.reenter(label);
  }

  /** As `give`, for an operand that was evaluated before because it holds a `yield` itself. */
  given(label: string, value: unknown): unknown {
    return this.pc === "" ? this.stand(label, value) : this.reenter(label);
  }

  /** In the `finally` behind a body: whether it is left by `return(value)`. Other ways out are known by then. */
  left(name: string): boolean {
    if (this.pc !== "" || this.pending(name) !== undefined) return false;
    this.exit(name, "return", this.returned);
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
  openDelegate(): OpenDelegate | undefined {
    const stored = this.#storedDelegate;
    return stored ? { image: () => stored } : this.#delegate;
  }

  /** What hinders it from being stored now. */
  get obstacle(): string | undefined {
    return undefined;
  }

  /** Takes where a stored one stands. */
  restore({ label, cursors, completions, delegate }: StandingAt): void {
    this.label = label;
    this.pc = label;
    // Only the frame of an async one is given those of a `for await`, and takes them.
    this.restoreCursors(Object.entries(cursors) as [string, CursorImage][]);
    this.restoreCompletions(label, Object.entries(completions));
    this.#storedDelegate = delegate;
  }

  ended(): void {
    this.isEnded = true;
    this.ofBody = undefined;
    this.#delegate = undefined;
  }

  /** Has a loaded one come to the `yield` where it stands; so far it was enough to know where that is. */
  protected abstract enter(inner: Inner): void;

  /** The generator of the body, about to be asked for a step. */
  protected asked(method: "next" | "return" | "throw", value: unknown): Inner {
    const inner = this.ofBody ?? this.beginBody();
    if (this.pc !== "") this.enter(inner);
    if (method === "return") {
      this.returned = value;
      this.overtake(this.label);
    }
    return inner;
  }

  protected beginBody(): Inner {
    const { body } = this.code;
    // A spread would ask arrays for their iterator, which programs may have replaced.
    const args: unknown[] = [this];
    for (let at = 0; at < this.args.length; at++) args[at + 1] = this.args[at];
    this.ofBody = Reflect.apply(body, this.self, args) as Inner;
    return this.ofBody;
  }

  protected stand<Value>(label: string, value: Value): Value {
    this.label = label;
    this.#delegate = undefined;
    return value;
  }

  /** In front of a `yield*`: what it goes over. Re-entering, it is the stored one. */
  protected delegates(label: string, make: () => Delegate, restore: (stored: DelegateImage) => Delegate): Delegate {
    let delegate: Delegate;
    if (this.pc === "") delegate = this.stand(label, make());
    else {
      this.reenter(label);
      if (this.#storedDelegate === undefined) this.strayed(`${label}, which goes over nothing`);
      delegate = restore(this.#storedDelegate as DelegateImage);
      this.#storedDelegate = undefined;
    }
    this.#delegate = delegate;
    return delegate;
  }

  protected reenter(label: string): undefined {
    if (label !== this.pc) this.strayed(label);
    this.pc = "";
  }

  protected strayed(met: string): void {
    this.activation.strayed(this, met);
    throw new Error("a generator cannot go on under other code");
  }
}
