/** What ropes are made of: stretches of the author's text, literals, and names that collide with nothing in the file. */
import type tsTypes from "typescript";
import { directEvals, evaluatedWords } from "../analyse/evals.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { Rope, Span, TypeScript } from "../ir.ts";

export interface FileNames {
  /** A name that the file does not use yet, with a `#` or without; later calls will not give it again. */
  fresh(wish: string): string;
  /** The names of one function: what is given there may be given in another function again. */
  fork(): FileNames;
}

export function collectNames(ts: TypeScript, nodes: Nodes): FileNames {
  const { Identifier, PrivateIdentifier } = ts.SyntaxKind;
  const found = [
    ...nodes.of<tsTypes.Identifier>(Identifier),
    ...nodes.of<tsTypes.PrivateIdentifier>(PrivateIdentifier),
  ];
  const names = found.map(({ text }) => text);
  const evaluated = directEvals(ts, nodes).flatMap((call) => evaluatedWords(ts, call) ?? []);
  return namesOutside(new Set([...names, ...evaluated]));
}

/** Names beside those of the file, and beside those given in the function around. */
function namesOutside(file: ReadonlySet<string>, given: ReadonlySet<string> = new Set()): FileNames {
  const taken = new Set(given);
  const isTaken = (name: string) => file.has(name) || taken.has(name);
  return {
    fork: () => namesOutside(file, taken),
    fresh(wish) {
      const base = /^#?[a-z_$][\w$]*$/i.test(wish) ? wish : toName(wish);
      let name = base;
      for (let ordinal = 2; isTaken(name); ordinal++) name = `${base}${ordinal}`;
      taken.add(name);
      return name;
    },
  };
}

function toName(text: string): string {
  return text.replace(/[^\p{ID_Continue}$]/gu, "_").replace(/^(?=\d)/, "_") || "_";
}

/** A string literal that is safe in any source text. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
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
  for (const rope of ropes) {
    if (joined.length > 0) joined.push(separator);
    joined.push(rope);
  }
  return joined;
}
