/**
 * What a handler is given: its context, made of the events of the run. Where its code only reads primitives of it, as the
 * compiler saw, it is not stored, however large the events are, but made again when the run is loaded. What else than the
 * stored events went into it, of middleware or a schema, is stored with it.
 */
import type { Activation } from "./activation.ts";
import { isPrimitiveAt } from "./leaves-frame.ts";

/** The name under which a frame has them, as it has tools. */
export const givenName = "arguments";

export class GivenArguments {
  readonly #activation: Activation;
  #made: readonly [context: object] | undefined;
  /** Nobody changes what they hold; undefined before anybody asked. */
  #stay: boolean | undefined;

  constructor(activation: Activation) {
    this.#activation = activation;
  }

  /**
   * @param isNew whether the run begins. When they are made again they are without middleware, as when they were left out
   * @throws BackstitchError BS2104 when an event cannot be read
   */
  make(isNew = false): readonly [context: object] {
    const { owner, tools } = this.#activation;
    this.#made ??= [owner.context(tools, isNew)];
    return this.#made;
  }

  /** Whether it is these arguments, and they would be made again as they are. */
  isMadeAgain(value: object): boolean {
    if (value !== this.#made) return false;
    this.#stay ??= this.#areOnlyRead(this.#made);
    return this.#stay;
  }

  /** They are not as they were made. */
  changed(): void {
    this.#stay = false;
  }

  /** The same of each text, because it is the same of each segment. */
  #areOnlyRead(made: readonly [context: object]): boolean {
    const { handlerInfo, owner, root } = this.#activation;
    if (handlerInfo?.argumentReads === undefined || !owner.ownsArguments || root?.argumentsObject) return false;
    return handlerInfo.argumentReads.every((path) => isPrimitiveAt(made, path));
  }
}
