/**
 * The frame of a generator that does not await. Its steps are those of the compiled body:
 *
 *   function* ($, list) { … if ($.starts("start")) yield; … yield* $.delegate("rest", () => rest()); … }
 */
import type { CursorImage } from "./cursors.ts";
import { type Delegate, delegateTo, restoreDelegate, ToldDelegate } from "./delegates.ts";
import { GeneratorFrame } from "./generator-frame.ts";
import { type Method, stepOf } from "./generator-steps.ts";

export class SyncGeneratorFrame extends GeneratorFrame<Generator, Delegate> {
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
    const delegate = this.delegates(
      label,
      () => delegateTo(iterable),
      (stored) => restoreDelegate(stored as CursorImage),
    );
    const told = () =>
      new ToldDelegate(delegate, (value) => {
        this.returned = value;
      });
    return (this.info.completions ? told() : delegate) as Iterable<unknown>;
  }

  // ---- what the engine uses ----

  /** Binds the parameters, as natively at the call. */
  bindParameters(): void {
    if (this.code.binds) stepOf(this.beginBody(), "next");
  }

  /** What the author's generator goes over, which it begins now. */
  steps(): Iterable<unknown> {
    if (this.pc !== "" || this.info.completions) return new Steps(this, this.pc !== "");
    return this.ofBody ?? this.beginBody();
  }

  step(method: Method, value: unknown): IteratorResult<unknown> {
    return stepOf(this.asked(method, value), method, value);
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
