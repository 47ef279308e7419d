/** Which generators are those of compiled code: a private field tells, which no author can see and no proxy hands on. */
import type { GeneratorFrame } from "./generator-frame.ts";

/** A constructor that gives what it gets, which then gets the private names of the class below. */
const Given = function Given(this: unknown, object: object) {
  return object;
} as unknown as new (
  object: object,
) => object;

export interface Held {
  /** Undefined while its run is being loaded. */
  frame: GeneratorFrame | undefined;
}

class Mark extends Given {
  readonly #held: Held;

  constructor(generator: object, held: Held) {
    super(generator);
    this.#held = held;
  }

  static of(value: object): Held | undefined {
    return #held in value ? value.#held : undefined;
  }
}

export function markGenerator(generator: object, held: Held): void {
  new Mark(generator, held);
}

/** The frame of a generator of compiled code; undefined for any other value. */
export function frameOfGenerator(value: object): GeneratorFrame | undefined {
  return Mark.of(value)?.frame;
}
