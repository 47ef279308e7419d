/**
 * An object that the runtime makes only to have it encoded: the image of a run, the slots of a scope. All its properties
 * are ordinary, so the scan asks for no descriptors. It is decoded as a plain object.
 */
export class Parts {
  readonly #isParts = true;

  static is(value: object): value is Record<string, unknown> {
    return #isParts in value;
  }
}

// Any name can be a key, `__proto__` included, and nothing is inherited that an enumeration would find.
Object.setPrototypeOf(Parts.prototype, null);

/** Empty parts, to be filled field by field. */
export function partsOf<Fields extends object>(): Fields {
  return new Parts() as object as Fields;
}
