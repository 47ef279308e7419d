/**
 * The frame of a generator that awaits. It can be stored while it stands at a `yield`, in front of its code or behind its
 * end; while its code goes on, the run is not parked, as in any ordinary await.
 *
 *   async function* ($, url) { if ($.isLoaded) [url] = $.args; try { if ($.holds()) $.resumed(yield);
 *     … $.resumed(yield $.give("page", async () => v.page)); … await $.at("next", () => next());
 *   } finally { $.ended(); } }
 */
import { SafeMap } from "../codec/index.ts";
import { awaitSuffix, own } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import { ambientActivation, continues, suspends } from "./ambient.ts";
import { type AwaitedImage, awaitedApart, type OpenCursor } from "./awaited-cursors.ts";
import {
  type AwaitedDelegate,
  awaitedDelegateTo,
  loopImage,
  restoreAwaitedDelegate,
  type Watch,
} from "./awaited-delegates.ts";
import type { CursorImage } from "./cursors.ts";
import { GeneratorFrame } from "./generator-frame.ts";
import { asyncStepOf, type Method } from "./generator-steps.ts";
import type { ScopeRecord } from "./scopes.ts";

export class AsyncGeneratorFrame extends GeneratorFrame<AsyncGenerator, AwaitedDelegate> {
  /** The code stands still, and goes on only when somebody asks for a step. */
  #rests = true;
  /** Under which name the run waits for its code. */
  #waitsAt = "";
  /** Counts the times that the code went on. */
  #turn = 0;
  /** The code goes on in a job of its own, and not because code of the run asked for a step in this very job. */
  #isAlone = false;
  /** Its body is to take its arguments from here. */
  isLoaded = false;
  readonly #loops = new SafeMap<string, AwaitedDelegate>();
  /** Of loops that were not entered again yet. */
  readonly #storedLoops = new SafeMap<string, AwaitedImage>();
  /** A loop awaits in its own code. */
  readonly #loopWatch: Watch = {
    asked: () => {},
    answered: (value, unwraps) => {
      this.#stops();
      const promise = this.#awaited(value);
      const awaited = unwraps ? promise.then(ignored, ignored) : promise;
      awaited.then(this.#goesOn, this.#goesOn);
      return promise;
    },
  };
  readonly #goesOn = () => {
    continues(this.activation);
    this.#isAlone = true;
  };

  // ---- what emitted code uses ----

  /** Parameters were bound, at the call: the code is to begin. */
  starts(label: string): void {
    this.stand(label, undefined);
  }

  /** The record that has them; a new one when none of them was needed any more when it was stored. */
  bound(path: string): ScopeRecord {
    return this.scopes.get(path) ?? this.scope(path);
  }

  /** The first act of the code: whether it is to stand still in front of the rest. A loaded one may have stood there, at `label`. */
  holds(label?: string): boolean {
    this.isStarted = true;
    const stoodHere = label !== undefined && this.pc === label;
    if (stoodHere) this.pc = "";
    if (this.isHeld || stoodHere) return true;
    this.wakes();
    return false;
  }

  /** What a `yield` evaluates to, when the code goes on behind it. */
  resumed<Value>(value: Value): Value {
    this.wakes();
    return value;
  }

  /** The code goes on, by whatever way. */
  wakes(): void {
    if (this.pc !== "") return;
    const { activation } = this;
    this.#turn++;
    if (this.#rests) {
      this.#rests = false;
      activation.started();
      this.#waitsAt = this.label || this.info.code;
      activation.wentOutside(this.#waitsAt);
    }
    if (ambientActivation() !== activation) this.#goesOn();
  }

  at(label: string, thunk: () => unknown): Promise<Untyped> {
    return this.wait(label, this.pc === "" ? thunk() : undefined);
  }

  /** An ordinary await. No `await` is re-entered: it cannot be stored there. */
  wait(label: string, value: unknown): Promise<Untyped> {
    if (this.pc !== "") this.strayed(label);
    this.wakes();
    this.#stops();
    const promise = this.#awaited(value);
    promise.then(this.#goesOn, this.#goesOn);
    return promise;
  }

  override give(label: string, thunk?: () => unknown): unknown {
    return this.given(label, this.pc === "" ? thunk?.() : undefined);
  }

  override given(label: string, value: unknown): unknown {
    if (this.pc !== "") return this.reenter(label);
    // The language awaits it as well, and nobody is to be asked twice for a `then`.
    const awaited = this.#awaited(value);
    this.#comesToRest(awaited);
    return this.stand(label, awaited);
  }

  /** What a `yield*` goes over. Re-entering, it is the stored one. */
  delegate(label: string, thunk: () => unknown): AwaitedDelegate {
    return this.delegated(label, this.pc === "" ? thunk() : undefined);
  }

  /** As `delegate`, with the iterable as it was evaluated. */
  delegated(label: string, iterable: unknown): AwaitedDelegate {
    const watch: Watch = {
      asked: () => this.wakes(),
      answered: (answer) => {
        const awaited = this.#awaited(answer);
        this.#comesToRest(awaited);
        return awaited;
      },
    };
    return this.delegates(
      label,
      () => awaitedDelegateTo(iterable, watch),
      (stored) => restoreAwaitedDelegate(stored, watch),
    );
  }

  /** What a `for await` goes over. Re-entering, it is the stored one. */
  eachAwaited(name: string, iterable: () => unknown): AwaitedDelegate {
    return this.eachAwaitedOf(name, this.pc === "" ? iterable() : undefined);
  }

  /** As `eachAwaited`, with the iterable as it was evaluated. */
  eachAwaitedOf(name: string, iterable: unknown): AwaitedDelegate {
    const stored = this.#storedLoops.get(name);
    this.#storedLoops.delete(name);
    if (this.pc !== "" && stored === undefined) this.strayed(`the loop "${name}"`);
    if (this.pc === "") this.wakes();
    const loop = stored
      ? restoreAwaitedDelegate(stored, this.#loopWatch)
      : awaitedDelegateTo(iterable, this.#loopWatch);
    this.#loops.set(name, loop);
    return loop;
  }

  /** What a `for await` goes over whose code is not entered again. */
  over(iterable: unknown): AwaitedDelegate {
    this.wakes();
    return awaitedDelegateTo(iterable, this.#loopWatch);
  }

  /** What is returned: the language awaits it. */
  out(value: unknown): unknown {
    return this.activation.owns(value) ? value.followed() : value;
  }

  override left(name: string): boolean {
    this.wakes();
    return super.left(name);
  }

  // ---- what the engine uses ----

  /** Of loops that have ended there may be some, too: nobody is told of the end. */
  override openCursors(): Iterable<[name: string, cursor: OpenCursor]> {
    const names = (own(this.info.cursors, this.label) ?? [])
      .filter((name) => name.endsWith(awaitSuffix))
      .map((name) => name.slice(0, -awaitSuffix.length));
    const loops = names.map((name): [string, OpenCursor] => {
      const stored = this.#storedLoops.get(name);
      return [name, stored ? { image: () => stored } : { image: () => loopImage(this.#loops.get(name)) }];
    });
    return [...super.openCursors(), ...loops];
  }

  protected override restoreCursors(cursors: readonly [string, CursorImage | AwaitedImage][]): void {
    const { awaited, others } = awaitedApart(cursors);
    for (const [name, image] of awaited) this.#storedLoops.set(name, image);
    super.restoreCursors(others);
  }

  override get obstacle(): string | undefined {
    return this.#rests ? undefined : "its code goes on";
  }

  /** Of a loaded one: what it was called with. */
  takes(args: readonly unknown[]): void {
    this.args = args;
    this.isLoaded = true;
  }

  /** A loaded one is to have come to where it stood. */
  stands(): void {
    if (this.pc !== "") this.activation.strayed(this, "its end");
  }

  /** What the author's generator goes over. */
  steps(): AsyncIterable<unknown> {
    return new Steps(this, this.pc !== "");
  }

  /** The author's generator, when that need not be told what it is asked. */
  own(): AsyncGenerator {
    return this.beginBody();
  }

  step(method: Method, value: unknown): Promise<IteratorResult<unknown>> {
    return asyncStepOf(this.asked(method, value), method, value);
  }

  override ended(): void {
    if (this.isEnded) return;
    super.ended();
    if (!this.#rests) this.#comesToRest(Promise.resolve());
  }

  protected override enter(inner: AsyncGenerator): void {
    const stands = () => this.stands();
    void asyncStepOf(inner, "next").then(stands, stands);
  }

  /**
   * What is yielded is awaited, and then the request is answered; there may be another one already. So is what a `yield*`
   * is answered, which may be the end: then the code goes on before it comes to rest.
   */
  #comesToRest(awaited: Promise<unknown>): void {
    this.#stops();
    const turn = this.#turn;
    const { activation } = this;
    const rest = () => {
      if (turn !== this.#turn || this.#rests) return;
      this.#rests = true;
      activation.cameBack(this.#waitsAt);
      activation.stopped();
    };
    const then = () => {};
    void awaited.then(then, then).then(then).then(rest);
  }

  /** What the language awaits for it. A handle is followed so, and the run is blocked when that leads to a step. */
  #awaited(value: unknown): Promise<unknown> {
    return this.activation.owns(value) ? value.followed() : Promise.resolve(value);
  }

  #stops(): void {
    if (this.#isAlone) suspends();
    this.#isAlone = false;
  }
}

function ignored(): void {}

/** The steps of a body whose frame is to know what `return` gives it, or that is to be re-entered. */
class Steps {
  readonly #frame: AsyncGeneratorFrame;
  /** The generator that asks stands here already: it asks for what it got before. */
  #repeats: boolean;

  constructor(frame: AsyncGeneratorFrame, repeats: boolean) {
    this.#frame = frame;
    this.#repeats = repeats;
  }

  next(value: unknown): Promise<IteratorResult<unknown>> {
    if (!this.#repeats) return this.#frame.step("next", value);
    this.#repeats = false;
    return Promise.resolve({ value: undefined, done: false });
  }

  return(value: unknown): Promise<IteratorResult<unknown>> {
    return this.#frame.step("return", value);
  }

  throw(error: unknown): Promise<IteratorResult<unknown>> {
    return this.#frame.step("throw", error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
