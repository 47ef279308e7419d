/**
 * Objects in a value that is encoded over and over that nobody changes, with all that is in them. Who encodes the value says
 * which these are; how they are written is kept from one text to the next.
 *
 * Only what is in them may refer to what is in them. The first text shows whether that is so: if not, nothing is kept.
 */
import { SafeMap } from "./collections.ts";

/** An object as it was written. */
export interface Written {
  /** One more than there are references: what stands in front of each, and behind the last. */
  readonly texts: readonly string[];
  readonly references: readonly object[];
  /** Levels of objects in its place. */
  readonly depth: number;
}

/** Where a reference stands in a text. */
export interface Mark {
  readonly at: number;
  readonly end: number;
  readonly value: object;
}

export class Unchanging {
  readonly #objects = new SafeMap<object, Written | "never">();
  /** Of those that were written for the first time now: how often each is referred to by others of them. */
  #inside = new SafeMap<object, number>();
  /** Some were written for the first time, in a text that is not complete. */
  #hasNew = false;
  #isRefuted = false;

  add(object: object): void {
    if (!this.#isRefuted && !this.#objects.has(object)) this.#objects.set(object, "never");
  }

  /** Undefined for an object that may change. */
  written(object: object): Written | "never" | undefined {
    return this.#objects.size === 0 ? undefined : this.#objects.get(object);
  }

  keep(object: object, text: string, marks: readonly Mark[], depth: number): void {
    this.#hasNew = true;
    const texts: string[] = [];
    let end = 0;
    for (const mark of marks) {
      texts.push(text.slice(end, mark.at));
      end = mark.end;
      this.add(mark.value);
      this.#inside.set(mark.value, (this.#inside.get(mark.value) ?? 0) + 1);
    }
    texts.push(text.slice(end));
    this.#objects.set(object, { texts, references: marks.map(({ value }) => value), depth });
  }

  /**
   * A text is complete.
   *
   * @param countOf how often the text refers to an object; undefined for one that only the runtime can make
   */
  settle(countOf: (object: object) => number | undefined): void {
    if (!this.#hasNew) return;
    this.#hasNew = false;
    const inside = this.#inside;
    this.#inside = new SafeMap();
    for (const [object, count] of inside) {
      const all = countOf(object);
      if (all !== undefined && all !== count) {
        this.#isRefuted = true;
        return this.forget();
      }
      if (all === undefined) this.#objects.delete(object);
    }
  }

  /** A text was not completed. */
  giveUp(): void {
    if (this.#hasNew) this.forget();
  }

  forget(): void {
    this.#hasNew = false;
    this.#objects.clear();
    this.#inside = new SafeMap();
  }
}
