/** Whether a file is an ES module or CommonJS. */
import { dirname } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../../ir.ts";

export type ModuleFormat = "module" | "commonjs";

/**
 * Makes a function that tells the format of a file as Node and TypeScript do: by its name, else by the `type` of the
 * nearest package.json, else by the `module` of its tsconfig.json, else by whether it imports or exports anything.
 *
 * @returns takes path and text of a file, and the options of its tsconfig.json (none for JavaScript)
 */
export function createModuleFormats(
  ts: TypeScript,
): (fileName: string, text: string, options: ts.CompilerOptions) => ModuleFormat {
  const types = new Map<string, ModuleFormat | undefined>();
  const typeOf = (folder: string): ModuleFormat | undefined => {
    if (!types.has(folder)) types.set(folder, readType(ts, folder, typeOf));
    return types.get(folder);
  };
  return (fileName, text, { module }) => {
    const kind = /\.([cm])[jt]s$/.exec(fileName)?.[1];
    if (kind !== undefined) return kind === "m" ? "module" : "commonjs";
    const { CommonJS, ES2015, ESNext, Node16, NodeNext } = ts.ModuleKind;
    const isBetween = (first: ts.ModuleKind, last: ts.ModuleKind) =>
      module !== undefined && module >= first && module <= last;
    const told = typeOf(dirname(fileName)) ?? (isBetween(ES2015, ESNext) ? "module" : undefined);
    if (told) return told;
    if (module === CommonJS || isBetween(Node16, NodeNext)) return "commonjs";
    return ts.isExternalModule(ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest)) ? "module" : "commonjs";
  };
}

/** The nearest package.json decides, also when it names no type. */
function readType(
  ts: TypeScript,
  folder: string,
  typeOf: (folder: string) => ModuleFormat | undefined,
): ModuleFormat | undefined {
  const text = ts.sys.readFile(`${folder}/package.json`);
  const parent = dirname(folder);
  if (text === undefined) return parent === folder ? undefined : typeOf(parent);
  const { type } = ts.parseConfigFileTextToJson("package.json", text).config ?? {};
  return type === "module" || type === "commonjs" ? type : undefined;
}
