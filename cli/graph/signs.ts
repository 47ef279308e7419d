/** Signs that the picture and its legend share. */
import type { Point } from "./layout.ts";
import { number } from "./xml.ts";

/** A cross on the corner of what fails the run. */
export function fatalMark({ x, y }: Point): string {
  const cross = `M${number(x - 3)} ${number(y - 3)}l6 6m0 -6l-6 6`;
  return `<circle class="fatal" cx="${number(x)}" cy="${number(y)}" r="7"/><path class="cross" d="${cross}"/>`;
}
