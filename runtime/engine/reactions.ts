/** Handles derived from others by `then`, `catch` and `finally`. Their callbacks are segments of the run. */
import { runIn } from "./ambient.ts";
import { isCancellation } from "./causes.ts";
import type { Handle, HandleImage, Maker, Waiter } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { followOrdinary, hearOrdinary, inJob } from "./thenables.ts";
import { storableThrown } from "./thrown.ts";

type Callback = (value?: unknown) => unknown;

/** What to do once the source is settled; nothing is to pass its outcome on. */
export interface Reactions {
  readonly ok?: Callback | undefined;
  readonly failed?: Callback | undefined;
  readonly always?: Callback | undefined;
  /** A failure becomes undefined, cancellation does not. */
  readonly ignores?: boolean;
  /** After the callback of a `finally`: the outcome that it holds back. */
  readonly held?: Outcome;
  /** After the callback for a failure: what it gave is awaited, to roll back for this. */
  readonly rollsBack?: { readonly error: unknown };
}

export interface ReactionImage extends Reactions {
  readonly on: Handle;
  readonly since?: number;
}

export class Reaction implements Waiter, Maker {
  since = 0;
  source: Handle;
  reactions: Reactions;
  readonly handle: Handle;

  constructor(handle: Handle, source: Handle, reactions: Reactions) {
    this.handle = handle;
    this.source = source;
    this.reactions = reactions;
    handle.maker = this;
    handle.activation.reactions.add(this);
  }

  /** The source is settled. */
  resume(outcome: Outcome): void {
    this.#react(outcome);
    this.handle.activation.stopped();
  }

  stored(): HandleImage {
    const { ok, failed, always, ignores, held, rollsBack } = this.reactions;
    if (held && !held.ok) this.handle.activation.noteCommitted(held.error);
    const image: ReactionImage = {
      on: this.source,
      ...(ok && { ok }),
      ...(failed && { failed }),
      ...(always && { always }),
      ...(ignores && { ignores }),
      ...(held && { held }),
      ...(rollsBack && { rollsBack: { error: storableThrown(rollsBack.error) } }),
      ...(this.source.shared && { since: this.since }),
    };
    // biome-ignore lint/suspicious/noThenProperty: an image is no promise: the property is an object
    return { then: image, ...(this.handle.isPromise && { promise: true }) };
  }

  awaited(): readonly Handle[] {
    return this.source.outcome ? [] : [this.source];
  }

  /** It waits for what a rollback or a clean-up does, which a cancellation lets go on. */
  get shields(): boolean {
    return this.reactions.held !== undefined || this.reactions.rollsBack !== undefined;
  }

  /** Reacts to this handle once it is settled. */
  waitFor(source: Handle): void {
    this.source = source;
    source.activation.wait(source, this);
  }

  /** As a promise does that is resolved with its source: from the next job on. */
  follow(): void {
    inJob(this.handle.activation, () => this.waitFor(this.source));
  }

  #react(outcome: Outcome): void {
    const { ok, failed, always, ignores, held } = this.reactions;
    const callback = always ?? (outcome.ok ? ok : failed);
    if (held) return this.#release(outcome.ok ? held : outcome);
    if (callback === undefined) {
      const isIgnored = !outcome.ok && ignores && !isCancellation(outcome.error);
      return this.#settle(isIgnored ? { ok: true, value: undefined } : outcome);
    }
    this.reactions = always ? { held: outcome } : outcome.ok ? {} : { rollsBack: outcome };
    const { activation } = this.handle;
    const settled = outcome.ok ? outcome.value : outcome.error;
    let result: unknown;
    try {
      result = runIn(activation, () => (always ? callback() : callback(settled)));
    } catch (error) {
      return this.#settle({ ok: false, error });
    }
    if (always) this.#awaitFinally(result);
    else this.#adopt(result);
  }

  /** The handle settles as the promise does that its callback gave. */
  #adopt(result: unknown): void {
    const { activation } = this.handle;
    if (result === this.handle) {
      return this.#settle({ ok: false, error: new TypeError("Chaining cycle detected for promise #<Promise>") });
    }
    if (activation.owns(result)) return inJob(activation, () => this.waitFor(result));
    followOrdinary(activation, result, {
      resolve: (value) => this.#adopt(value),
      settle: (outcome) => this.#settle(outcome),
    });
  }

  /** What the callback of a `finally` gave is awaited, whatever it is. */
  #awaitFinally(result: unknown): void {
    const { activation } = this.handle;
    if (activation.owns(result)) this.waitFor(result);
    else hearOrdinary(activation, result, (outcome) => this.#react(outcome));
  }

  /** In the language a `finally` makes a promise of its own in between, which takes one job more. */
  #release(outcome: Outcome): void {
    inJob(this.handle.activation, () => this.#settle(outcome));
  }

  #settle(outcome: Outcome): void {
    const { activation } = this.handle;
    const { held, rollsBack } = this.reactions;
    const handled = rollsBack ?? (held?.ok === false ? held : undefined);
    if (handled && !outcome.ok) activation.handling.note(outcome.error, [handled.error]);
    activation.reactions.delete(this);
    this.handle.settle(outcome);
  }
}
