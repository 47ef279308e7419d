/** What ropes are made of: stretches of the author's text, literals, and names that collide with nothing in the file. */
import type tsTypes from "typescript";
import type { Rope, Span, TypeScript } from "../ir.ts";

export interface FileNames {
  /** A name that the file does not use yet; later calls will not give it again. */
  fresh(wish: string): string;
  /** The names of one function: what is given there may be given in another function again. */
  fork(): FileNames;
}

export function collectNames(ts: TypeScript, file: tsTypes.SourceFile): FileNames {
  const taken = new Set<string>();
  const visit = (node: tsTypes.Node): void => {
    if (ts.isIdentifier(node)) taken.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return namesOutside(taken);
}

function namesOutside(taken: Set<string>): FileNames {
  return {
    fork: () => namesOutside(new Set(taken)),
    fresh(wish) {
      const base = wish.replace(/[^\p{ID_Continue}$]/gu, "_").replace(/^(?=\d)/, "_") || "_";
      let name = base;
      for (let ordinal = 2; taken.has(name); ordinal++) name = `${base}${ordinal}`;
      taken.add(name);
      return name;
    },
  };
}

/** A string literal that is safe in any source text. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

/** A property name in an object literal. Computed where it must be, so that `__proto__` is a property like any other. */
export function propertyKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : quote(name);
}

/** A stretch of the author's text. */
export function span(start: number, end: number): Span {
  return { start, end };
}

/** Puts `separator` between the ropes. */
export function join(ropes: readonly Rope[], separator: string): Rope {
  const joined: Rope[] = [];
  for (const [position, rope] of ropes.entries()) {
    if (position > 0) joined.push(separator);
    joined.push(rope);
  }
  return joined;
}
