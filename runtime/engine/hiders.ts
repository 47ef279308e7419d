/**
 * Which objects have private names of which classes. Any object may: what a constructor returns gets the names of the
 * classes below, and an object that has them may be given another prototype. So the first field of a class with private
 * members tells of each object:
 *
 *   class Account { #hidden = $.hides(c, this); #balance = 0; … }
 */
import { SafeWeakMap } from "../codec/index.ts";

const hiders = new SafeWeakMap<object, object[]>();

export function noteHider(object: object, made: object): void {
  const known = hiders.get(object);
  if (known) known.push(made);
  else hiders.set(object, [made]);
}

/** The classes whose private names an object has; undefined for nearly all. */
export function hidersOf(object: object): readonly object[] | undefined {
  return hiders.get(object);
}
