/**
 * The frame of a generator that does not await. Its steps are those of the compiled body:
 *
 *   function* ($, list) { … if ($.starts("start")) yield; … yield* $.delegate("rest", () => rest()); … }
 */
import type { CursorImage } from "./cursors.ts";
import { type Delegate, delegateTo, restoreDelegate, ToldDelegate } from "./delegates.ts";
import { GeneratorFrame, type StandingAt } from "./generator-frame.ts";
import { type Method, stepOf } from "./generator-steps.ts";

export class SyncGeneratorFrame extends GeneratorFrame<Generator> {
  #delegate: Delegate | undefined;
  /** Of a loaded run: what the `yield*` goes over that is re-entered. */
  #storedDelegate: CursorImage | undefined;

  // ---- what emitted code uses ----

  /** Behind its parameters: whether it stands here. Re-entering, it may stand elsewhere. */
  starts(label: string): boolean {
    if (this.pc === "") this.stand(label, undefined);
    else if (this.pc === label) this.pc = "";
    else return false;
    return true;
  }

  /** What a `yield*` goes over. Re-entering, it is the stored one. */
  delegate(label: string, thunk: () => unknown): Iterable<unknown> {
    return this.delegated(label, this.pc === "" ? thunk() : undefined);
  }

  /** As `delegate`, with the iterable as it was evaluated. */
  delegated(label: string, iterable: unknown): Iterable<unknown> {
    if (this.pc === "") this.#delegate = this.stand(label, delegateTo(iterable));
    else {
      this.reenter(label);
      if (this.#storedDelegate === undefined) this.strayed(`${label}, which goes over nothing`);
      else this.#delegate = restoreDelegate(this.#storedDelegate);
      this.#storedDelegate = undefined;
    }
    const delegate = this.#delegate as Delegate;
    const told = () =>
      new ToldDelegate(delegate, (value) => {
        this.returned = value;
      });
    return (this.info.completions ? told() : delegate) as Iterable<unknown>;
  }

  // ---- what the engine uses ----

  override openDelegate(): { image(): CursorImage | undefined } | undefined {
    const stored = this.#storedDelegate;
    return stored ? { image: () => stored } : this.#delegate;
  }

  /** Binds the parameters, as natively at the call. */
  bindParameters(): void {
    if (this.code.binds) stepOf(this.beginBody(), "next");
  }

  override restore(standing: StandingAt): void {
    super.restore(standing);
    this.#storedDelegate = standing.delegate;
  }

  /** What the author's generator goes over, which it begins now. */
  steps(): Iterable<unknown> {
    if (this.pc !== "" || this.info.completions) return new Steps(this, this.pc !== "");
    return this.ofBody ?? this.beginBody();
  }

  step(method: Method, value: unknown): IteratorResult<unknown> {
    return stepOf(this.asked(method, value), method, value);
  }

  override ended(): void {
    super.ended();
    this.#delegate = undefined;
  }

  protected override stand<Value>(label: string, value: Value): Value {
    this.#delegate = undefined;
    return super.stand(label, value);
  }

  protected override enter(inner: Generator): void {
    if (stepOf(inner, "next").done || this.pc !== "") this.strayed("its end");
  }
}

/** The steps of a body whose frame is to know what `return` gives it, or that is to be re-entered. */
class Steps {
  readonly #frame: SyncGeneratorFrame;
  /** The generator that asks stands here already: it asks for what it got before. */
  #repeats: boolean;

  constructor(frame: SyncGeneratorFrame, repeats: boolean) {
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
