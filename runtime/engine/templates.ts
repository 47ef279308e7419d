/**
 * The strings of tagged templates: one object for each place in the code, the same at each call. It is stored by its
 * place. Who comes first after a restart, the code or a frame that holds the strings, decides which object that is.
 *
 *   sql`select ${id}`     $.tag("sql", sql)`select ${id}`
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import type { RegisteredCode } from "./registry.ts";

/** Reference to code, place in the code, and the strings with their raw forms. */
export type TemplateImage = readonly [
  code: string,
  site: string,
  cooked: readonly (string | undefined)[],
  raw: readonly string[],
];

interface Place {
  readonly code: string;
  readonly site: string;
}

/** By the code whose table has the place. Process-wide, like the objects of the language themselves. */
const known = new SafeWeakMap<object, Map<string, TemplateStringsArray>>();

/** The template objects of one activation. */
export class TemplateRecords {
  readonly #activation: Activation;
  readonly #places = new SafeWeakMap<object, Place>();

  constructor(activation: Activation) {
    this.#activation = activation;
  }

  has(value: object): boolean {
    return this.#places.has(value);
  }

  image(value: object): TemplateImage {
    const { code, site } = this.#places.get(value) as Place;
    const strings = value as TemplateStringsArray;
    return [code, site, [...strings], [...strings.raw]];
  }

  restore([code, site, cooked, raw]: TemplateImage): object {
    return this.strings(code, site, templateObject(cooked, raw));
  }

  /** The object of a place; `given` when it has none that says the same. */
  strings(code: string, site: string, given: TemplateStringsArray): TemplateStringsArray {
    const owner: RegisteredCode | undefined = this.#activation.code(code);
    const places = (owner && known.get(owner)) ?? new SafeMap<string, TemplateStringsArray>();
    if (owner) known.set(owner, places);
    const before = places.get(site);
    const strings = before && isSame(before.raw, given.raw) ? before : given;
    if (strings !== before) places.set(site, strings);
    if (!this.#places.has(strings)) this.#places.set(strings, { code, site });
    return strings;
  }
}

/** As the language makes it. */
function templateObject(cooked: readonly (string | undefined)[], raw: readonly string[]): TemplateStringsArray {
  const strings = [...cooked];
  Object.defineProperty(strings, "raw", { value: Object.freeze([...raw]) });
  return Object.freeze(strings) as unknown as TemplateStringsArray;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
