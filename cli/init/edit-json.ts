/**
 * Changes a JSON text in one place and leaves the rest as it is, byte for byte: comments, indentation, line ends, commas
 * behind the last value. What is added is laid out like what stands around it.
 */
import jsonc from "jsonc-parser";

type Path = readonly (string | number)[];

/** Sets a value, making what is missing around it. A new value goes behind those that are there. */
export function setIn(text: string, path: Path, value: unknown): string {
  const node = nodeAt(text, path);
  if (node) return spliced(text, node.offset, node.length, JSON.stringify(value));
  const outer = nodeAt(text, path.slice(0, -1));
  const key = path.at(-1);
  if (!outer) return setIn(text, path.slice(0, -1), typeof key === "number" ? [value] : { [key as string]: value });
  return append(text, outer, typeof key === "number" ? undefined : key, value);
}

/** Sets an entry of an object whose names are sorted, as package managers sort those of dependencies. */
export function setSorted(text: string, section: string, name: string, value: string): string {
  const outer = nodeAt(text, [section]);
  const next = outer?.children?.find(({ children }) => children?.[0]?.value > name);
  if (!next || nodeAt(text, [section, name])) return setIn(text, [section, name], value);
  const between = isOnLines(text, outer) ? lineEnd(text) + indentAt(text, next.offset) : " ";
  const entry = `${JSON.stringify(name)}: ${JSON.stringify(value)},`;
  return spliced(text, next.offset, 0, entry + between);
}

/** Appends a value to an array, making it if need be. */
export function appendTo(text: string, path: Path, value: object): string {
  const array = nodeAt(text, path);
  return array ? append(text, array, undefined, value) : setIn(text, path, [value]);
}

function append(text: string, outer: jsonc.Node, key: string | undefined, value: unknown): string {
  const last = outer.children?.at(-1);
  const onLines = last ? isOnLines(text, outer) : isOnLines(text, nodeAt(text, []));
  const unit = onLines ? indentOf(text) : undefined;
  const indent = last ? indentAt(text, last.offset) : indentAt(text, outer.offset) + (unit ?? "");
  const name = key === undefined ? "" : `${JSON.stringify(key)}: `;
  const lines = printed(value, unit).replaceAll("\n", lineEnd(text) + indent);
  // An element of an array takes one line.
  const entry = key === undefined ? printed(value, undefined) : name + lines;
  const before = onLines ? lineEnd(text) + indent : " ";
  if (!last) {
    const inside = text.slice(outer.offset + 1, outer.offset + outer.length - 1);
    const blank = inside.trim() === "";
    const after = onLines ? lineEnd(text) + indentAt(text, outer.offset) : " ";
    return spliced(text, outer.offset + 1, blank ? inside.length : 0, before + entry + (blank ? after : ""));
  }
  const behind = last.offset + last.length;
  // A comment in the line of the last value is about that value.
  const [, comma = "", comment = ""] =
    /^(,?)([ \t]*\/\/[^\r\n]*|[ \t]*\/\*[^\r\n]*?\*\/(?=[ \t]*[\r\n]))?/.exec(text.slice(behind)) ?? [];
  return spliced(text, behind, comma.length + comment.length, `,${comment}${before}${entry}${comma}`);
}

/** A value with spaces, on one line or, given a unit of indentation, on several; elements of arrays on one line each. */
function printed(value: unknown, unit: string | undefined): string {
  const isArray = Array.isArray(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = isArray
    ? value.map((element) => printed(element, undefined))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${printed(each, unit)}`);
  const [open, close] = isArray ? "[]" : "{}";
  if (entries.length === 0) return `${open}${close}`;
  if (unit === undefined) return isArray ? `[${entries.join(", ")}]` : `{ ${entries.join(", ")} }`;
  return `${open}\n${entries.map((entry) => unit + entry.replaceAll("\n", `\n${unit}`)).join(",\n")}\n${close}`;
}

function nodeAt(text: string, path: Path): jsonc.Node | undefined {
  const root = jsonc.parseTree(text, [], { allowTrailingComma: true });
  return root && jsonc.findNodeAtLocation(root, [...path]);
}

/** Whether each value of an object or an array has a line of its own. */
function isOnLines(text: string, node: jsonc.Node | undefined): boolean {
  const first = node?.children?.[0];
  return node === undefined || first === undefined || /\n/.test(text.slice(node.offset, first.offset));
}

/** The white space in front of the line that holds an offset. */
function indentAt(text: string, offset: number): string {
  return /[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}

/** One step of indentation. */
function indentOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
}

function lineEnd(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function spliced(text: string, start: number, length: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(start + length);
}
