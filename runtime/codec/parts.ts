/**
 * What the runtime makes only to have it encoded: the image of a run, the slots of a scope. All properties of it are
 * ordinary, so nothing about them is checked. It is decoded as plain objects.
 */

/** An object that is made of parts. */
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

/** Takes parts, field by field. */
export interface PartsSink {
  field(name: string, value: unknown): void;
  /** A field with parts of their own. */
  inner<Of>(name: string, of: Of, tell: Tell<Of>): void;
  /** A field with a list of parts. */
  each<Of>(name: string, items: Iterable<Of>, tell: Tell<Of>): void;
}

/** Gives the parts of something. It may be asked for them twice. */
export type Tell<Of> = (sink: PartsSink, of: Of) => void;

/** Parts that are not made before they are asked for: a writer that needs no look at them first makes none. */
export class Told {
  readonly #tell: (sink: PartsSink) => void;

  private constructor(tell: (sink: PartsSink) => void) {
    this.#tell = tell;
  }

  static of<Of>(of: Of, tell: Tell<Of>): Told {
    return new Told((sink) => tell(sink, of));
  }

  static is(value: object): value is Told {
    return #tell in value;
  }

  to(sink: PartsSink): void {
    this.#tell(sink);
  }
}

/** The value itself, or the parts that it tells. */
export function partsTold(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !Told.is(value)) return value;
  const builder = new Builder();
  value.to(builder);
  return builder.parts;
}

class Builder implements PartsSink {
  readonly parts = partsOf<Record<string, unknown>>();

  field(name: string, value: unknown): void {
    this.parts[name] = value;
  }

  inner<Of>(name: string, of: Of, tell: Tell<Of>): void {
    this.parts[name] = built(of, tell);
  }

  each<Of>(name: string, items: Iterable<Of>, tell: Tell<Of>): void {
    this.parts[name] = Array.from(items, (item) => built(item, tell));
  }
}

function built<Of>(of: Of, tell: Tell<Of>): object {
  const builder = new Builder();
  tell(builder, of);
  return builder.parts;
}
