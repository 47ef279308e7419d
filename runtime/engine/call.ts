/** A call of a compiled function as what settles its handle. */
import type { Frame } from "./frame.ts";
import type { Handle, HandleImage, Maker } from "./handle.ts";

export class Call implements Maker {
  readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  stored(): HandleImage {
    return { call: this.frame.number };
  }

  awaited(): readonly Handle[] {
    return this.frame.waiting ? [this.frame.waiting] : [];
  }
}
