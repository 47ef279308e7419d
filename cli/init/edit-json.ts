/** Changes a JSON text in one place and leaves its comments, its indentation and its line ends as they are. */
import jsonc from "jsonc-parser";

type Path = readonly (string | number)[];

/** Sets a value, making what is missing around it. */
export function setIn(text: string, path: Path, value: unknown): string {
  return jsonc.applyEdits(text, jsonc.modify(text, [...path], value, { formattingOptions: formattingOf(text) }));
}

/** Sets an entry of an object whose names are sorted, as package managers sort those of dependencies. */
export function setSorted(text: string, section: string, name: string, value: string): string {
  const present = nodeAt(text, [section]) ? text : setIn(text, [section], {});
  const edits = jsonc.modify(present, [section, name], value, {
    formattingOptions: formattingOf(text),
    getInsertionIndex: (names) => names.filter((each) => each < name).length,
  });
  return jsonc.applyEdits(present, edits);
}

/** Appends an object to an array, on one line of its own. */
export function appendLine(text: string, path: Path, value: object): string {
  const mark = "<the new line>";
  const array = nodeAt(text, path);
  const changed = array ? setIn(text, [...path, array.children?.length ?? 0], mark) : setIn(text, path, [mark]);
  return changed.replace(JSON.stringify(mark), () => JSON.stringify(value, null, 1).replace(/\n\s*/g, " "));
}

function nodeAt(text: string, path: Path): jsonc.Node | undefined {
  const root = jsonc.parseTree(text, [], { allowTrailingComma: true });
  return root && jsonc.findNodeAtLocation(root, [...path]);
}

function formattingOf(text: string): jsonc.FormattingOptions {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
}
