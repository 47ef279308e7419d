/** Proves that the linter sees what the layout forbids: the direction of imports, and TypeScript that is not handed in. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./source-files.ts";

/** Files that could stand in the repository. The lines that the linter must refuse end in `// no`; it must take the rest. */
const sources: Record<string, string> = {
  "transformer/compile.ts": `
    import "../runtime/manifest.ts";
    import "./discover/find.ts";
    import "./output/source-map.ts";
    import "magic-string";
    import type ts from "typescript";
    export type Compiler = typeof import("typescript");
    import type { Store } from "../runtime/store.ts"; // no
    export * from "../runtime/index.ts"; // no
    export const later = () => import("../runtime/codec/index.ts"); // no
    export type Claim = import("../runtime/store.ts").Claim; // no
    export type Step = import("backstitch").Step; // no
    import "../compiler/index.ts"; // no
    import "backstitch/internal"; // no
    import typescript from "typescript"; // no`,
  "transformer/hosts/ts-patch/program.ts": `
    import "../../compile.ts";
    import "../../../runtime/manifest.ts";
    import "../../../runtime/store.ts"; // no`,
  "transformer/discover/find.ts": `
    import "../ir.ts";
    import "../diagnostics.ts";
    import "./names.ts";
    import "../analyse/scopes.ts"; // no
    import "../compile.ts"; // no`,
  "transformer/analyse/scopes.ts": `
    import "../discover/find.ts";
    import "../../runtime/manifest.ts";
    import "../lower/loops.ts"; // no
    import "../../runtime/store.ts"; // no`,
  "transformer/lower/loops.ts": `
    import "../discover/find.ts";
    import "../analyse/scopes.ts";
    import type { Text } from "../print/text.ts"; // no
    import { SyntaxKind } from "typescript"; // no
    import "../index.ts"; // no`,
  "transformer/lower/loops.test.ts": `
    import "../compile.ts";
    import "../../runtime/store.ts"; // no`,
  "transformer/print/text.ts": `
    import "../lower/loops.ts";
    import "../output/source-map.ts"; // no
    import "../../runtime/store.ts"; // no`,
  "transformer/output/source-map.ts": `
    import "../print/text.ts";
    import "../hosts/language-service.ts"; // no`,
  "runtime/worker.ts": `
    import "./stores/memory.ts";
    import "../transformer/compile.ts"; // no
    import "../compiler/index.ts"; // no
    import "backstitch/compiler"; // no`,
  "runtime/engine/frame.test.ts": `
    import type { Unit } from "../../transformer/ir.ts"; // no
    import "../../compiler/index.ts"; // no`,
  "runtime/stores/memory.ts": `
    import "../store.ts";
    import "../frame-pieces.ts";
    import "../codec/index.ts";
    import "../errors.ts";
    import "../worker.ts"; // no
    import "../engine/contract.ts"; // no`,
  "runtime/stores/sqlite/runs.ts": `
    import "../../store.ts";
    import "../../frame-pieces.ts";
    import "../../codec/index.ts";
    import "../store-error.ts";
    import "../../clock.ts"; // no
    import "../../testing/index.ts"; // no
    import "../../../transformer/compile.ts"; // no`,
  "runtime/stores/sqlite/runs.test.ts": `
    import "../../testing/store-suite.ts";
    import "../../../transformer/compile.ts"; // no`,
  "compiler/index.ts": `
    import "../runtime/internal.ts";
    import "../transformer/compile.ts";
    import "../cli/terminal.ts"; // no
    import { type Node, SyntaxKind } from "typescript"; // no`,
  "cli/commands/check.ts": `
    import "../terminal.ts";
    import "../../compiler/index.ts";
    import "../../transformer/hosts/project.ts";
    import "../../runtime/manifest.ts";
    import "../../runtime/stores/sqlite/index.ts";
    import "../../runtime/store.ts"; // no
    import "../../runtime/engine/frame.ts"; // no
    import "backstitch/compiler"; // no
    export const later = () => import("typescript"); // no`,
  "fixtures/oracle.test.ts": `
    import "../transformer/compile.ts";
    export const later = () => import("typescript"); // no`,
};

test("imports against the direction of the layout, and imports of TypeScript, are refused where they stand", () => {
  const folder = mkdtempSync(join(tmpdir(), "backstitch-lint-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["biome.json", "package.json", ".gitignore", "scripts/lint"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const [path, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const refused = new Set(lint(folder));
  for (const [path, text] of Object.entries(sources)) {
    const lines = text.split("\n").map((line, index) => ({ line, refused: refused.has(`${path}:${index + 1}`) }));
    expect(
      lines.filter((line) => line.refused).map(({ line }) => line),
      path,
    ).toEqual(lines.map(({ line }) => line).filter((line) => line.endsWith("// no")));
  }
});

/** Runs the linter and returns `path:line` of each finding of the rules under test. */
function lint(folder: string): string[] {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const run = spawnSync(process.execPath, [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."], {
    cwd: folder,
    encoding: "utf8",
  });
  const result = JSON.parse(run.stdout) as {
    diagnostics: { category: string; location: { path: string; start: { line: number } } }[];
  };
  return result.diagnostics
    .filter(({ category }) => category === "lint/style/noRestrictedImports" || category === "plugin")
    .map(({ location }) => `${location.path}:${location.start.line}`);
}
