/** Handles derived from others by `then`, `catch` and `finally`. Their callbacks are segments of the run. */
import { runIn } from "./ambient.ts";
import type { Handle, HandleImage, Maker, Waiter } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { bracketed, outcomeOf } from "./thenables.ts";

type Callback = (value?: unknown) => unknown;

/** What to do once the source is settled; nothing is to pass its outcome on. */
export interface Reactions {
  readonly ok?: Callback | undefined;
  readonly failed?: Callback | undefined;
  readonly always?: Callback | undefined;
  /** A failure becomes undefined. */
  readonly ignores?: boolean;
  /** After the callback of a `finally`: the outcome that it holds back. */
  readonly held?: Outcome;
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

  /** The source is settled. A callback is a job of its own, as the continuations of frames are. */
  resume(outcome: Outcome): void {
    const { activation } = this.handle;
    activation.started();
    queueMicrotask(() => {
      this.#react(outcome);
      activation.stopped();
    });
  }

  stored(): HandleImage {
    const { ok, failed, always, ignores, held } = this.reactions;
    const image: ReactionImage = {
      on: this.source,
      ...(ok && { ok }),
      ...(failed && { failed }),
      ...(always && { always }),
      ...(ignores && { ignores }),
      ...(held && { held }),
      ...(this.source.shared && { since: this.since }),
    };
    // biome-ignore lint/suspicious/noThenProperty: an image is no promise: the property is an object
    return { then: image };
  }

  awaited(): readonly Handle[] {
    return this.source.outcome ? [] : [this.source];
  }

  /** Reacts to this handle, now or once it is settled. */
  waitFor(source: Handle): void {
    this.source = source;
    if (source.outcome) this.resume(source.outcome);
    else source.activation.wait(source, this);
  }

  #react(outcome: Outcome): void {
    const { ok, failed, always, ignores, held } = this.reactions;
    const callback = always ?? (outcome.ok ? ok : failed);
    if (held) return this.#settle(outcome.ok ? held : outcome);
    if (callback === undefined) return this.#settle(!outcome.ok && ignores ? { ok: true, value: undefined } : outcome);
    this.reactions = always ? { held: outcome } : {};
    const { activation } = this.handle;
    const settled = outcome.ok ? outcome.value : outcome.error;
    let result: unknown;
    try {
      result = runIn(activation, () => (always ? callback() : callback(settled)));
    } catch (error) {
      return this.#settle({ ok: false, error });
    }
    this.#adopt(result);
  }

  #adopt(result: unknown): void {
    const { activation } = this.handle;
    if (result === this.handle) {
      return this.#settle({ ok: false, error: new TypeError("Chaining cycle detected for promise #<Promise>") });
    }
    if (activation.owns(result)) return this.waitFor(result);
    const pending = outcomeOf(result);
    if (pending !== undefined) bracketed(activation, pending, (outcome) => this.#react(outcome));
    else this.#react({ ok: true, value: result });
  }

  #settle(outcome: Outcome): void {
    this.handle.activation.reactions.delete(this);
    this.handle.settle(outcome);
  }
}
