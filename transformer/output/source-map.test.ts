import { SourceMap, type SourceMapping } from "node:module";
import MagicString from "magic-string";
import { describe, expect, test } from "vitest";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { composeInlineSourceMap, composeSourceMap } from "./source-map.ts";

const ts = loadTypeScript();
const authored = ["const first: number = 1;", "const second: string = String(first);", ""].join("\n");

/** Emits what the edits give, with a map. */
function emit(edits: MagicString, options: import("typescript").CompilerOptions = {}) {
  const { outputText, sourceMapText } = ts.transpileModule(edits.toString(), {
    fileName: "src/a.ts",
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, sourceMap: true, ...options },
  });
  return { script: outputText, map: sourceMapText ?? "" };
}

function originalPosition(map: string, script: string, part: string): { line: number; column: number } {
  const before = script.slice(0, script.indexOf(part)).split("\n");
  const entry = new SourceMap(JSON.parse(map)).findEntry(
    before.length - 1,
    before.at(-1)?.length ?? 0,
  ) as SourceMapping;
  return { line: entry.originalLine, column: entry.originalColumn };
}

describe("composeSourceMap", () => {
  test("leads over inserted, replaced and moved text to the author's lines and columns", () => {
    const edits = new MagicString(authored);
    edits.prepend("import { added } from 'added';\nadded();\n");
    edits.overwrite(6, 11, "renamed");
    edits.move(0, 25, authored.length);
    const { script, map } = emit(edits);
    const composed = composeSourceMap(map, edits);
    expect(originalPosition(composed, script, "second")).toEqual({ line: 1, column: 6 });
    expect(originalPosition(composed, script, "String(first)")).toEqual({ line: 1, column: 23 });
    expect(originalPosition(composed, script, "renamed")).toEqual({ line: 0, column: 6 });
    expect(originalPosition(composed, script, "1;")).toEqual({ line: 0, column: 22 });
  });

  test("keeps the names of TypeScript's map and puts the author's text where TypeScript put the rewritten one", () => {
    const edits = new MagicString(authored).prepend("// added\n");
    const { map } = emit(edits, { sourceRoot: "https://example.com/../up", inlineSources: true });
    const { mappings: _, ...before } = JSON.parse(map);
    const { mappings: __, ...after } = JSON.parse(composeSourceMap(map, edits));
    expect(before.sourcesContent).toEqual([edits.toString()]);
    expect(after).toEqual({ ...before, sourcesContent: [authored] });
  });

  test("leaves sources of other plugins alone", () => {
    const edits = new MagicString(authored).prepend("\n");
    const map = { version: 3, sourceRoot: "", sources: ["../a.ts", "../b.ts"], names: [], mappings: "AACA;ACAA" };
    const composed = JSON.parse(composeSourceMap(JSON.stringify({ ...map, sourcesContent: ["", "theirs"] }), edits));
    expect(composed).toMatchObject({ sources: ["../a.ts", "../b.ts"], sourcesContent: [authored, "theirs"] });
    expect(composed.mappings).toBe("AAAA;ACCA");
  });
});

describe("composeInlineSourceMap", () => {
  test("replaces the map at the end and nothing else", () => {
    const text = `${authored}const url = "//# sourceMappingURL=data:application/json;base64,e30=";\n`;
    const edits = new MagicString(text).prepend("// ü added\n");
    const { script } = emit(edits, { sourceMap: false, inlineSourceMap: true });
    const composed = composeInlineSourceMap(script, edits);
    const start = script.lastIndexOf("base64,") + "base64,".length;
    expect(composed.slice(0, start)).toBe(script.slice(0, start));
    const map = Buffer.from(composed.slice(start), "base64").toString("utf8");
    expect(originalPosition(map, script, "second")).toEqual({ line: 1, column: 6 });
  });

  test("leaves a script without an inline map as it is", () => {
    const edits = new MagicString(authored);
    const { script } = emit(edits, { sourceMap: false });
    expect(composeInlineSourceMap(script, edits)).toBe(script);
  });
});
