/** The file beside the JavaScript of a compiled file that holds its manifest. */
import { posix } from "node:path";
import type { Manifest } from "../../runtime/manifest.ts";

/** Not `order.json`: the outputs of `order.ts` and `order.mts` must not meet. */
export function manifestName(script: string): string {
  return `${script}.backstitch.json`;
}

/**
 * @param script the JavaScript that it stands beside
 * @param source the author's file
 */
export function manifestText(script: string, source: string, { functions, ...head }: Manifest): string {
  return `${JSON.stringify({ ...head, source: posix.relative(posix.dirname(script), source), functions }, undefined, 2)}\n`;
}
