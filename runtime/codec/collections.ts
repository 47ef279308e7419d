/**
 * Collections for the runtime's own use. Programs may replace methods of `Map.prototype` and its like while they run, and
 * those of these classes are copies that nobody else can reach.
 */
function safe(native: new () => object): unknown {
  class Safe extends native {}
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(native.prototype);
  Object.defineProperties(Safe.prototype, methods);
  Object.setPrototypeOf(Safe.prototype, null);
  return Safe;
}

export const SafeMap = safe(Map) as MapConstructor;
export const SafeSet = safe(Set) as SetConstructor;
export const SafeWeakMap = safe(WeakMap) as WeakMapConstructor;
export const SafeWeakSet = safe(WeakSet) as WeakSetConstructor;
