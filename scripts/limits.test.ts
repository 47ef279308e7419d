/** The limits of CONTRIBUTING.md, for every source file, tests included, without exemptions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type ts from "typescript";
import { expect, test } from "vitest";
import { loadTypeScript } from "../fixtures/toolchain.ts";
import { repositoryFiles, root } from "./source-files.ts";

const fileLimit = 400;
const functionLimit = 70;
const measured =
  /^(?:(?:runtime|transformer|compiler|cli|scripts|bench|examples)\/.*|fixtures\/(?:(?:behaviour|corpus|fuzz|oracle)\/)?[^/]*)\.[cm]?[jt]sx?$/;

test("no source file is longer than 400 lines and no function longer than 70", () => {
  const files = repositoryFiles().filter((path) => measured.test(path));
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((path) => excesses(path, readFileSync(join(root, path), "utf8")))).toEqual([]);
});

test("a file and a function that are one line too long are found, and those that are not are left alone", () => {
  const lines = (count: number) => "  void 0;\n".repeat(count);
  expect(excesses("a.ts", "//\n".repeat(400))).toEqual([]);
  expect(excesses("a.ts", "//\n".repeat(401))).toEqual(["a.ts: 401 lines, 400 are allowed"]);
  expect(excesses("a.ts", `function fit() {\n${lines(68)}}\n`)).toEqual([]);
  expect(excesses("a.ts", `\nfunction long() {\n${lines(69)}}\n`)).toEqual(["a.ts:2 long: 71 lines, 70 are allowed"]);
  expect(excesses("a.ts", `const arrow = () => {\n${lines(69)}};\n`)).toHaveLength(1);
  expect(excesses("a.ts", `class A {\n  get b() {\n${lines(69)}}\n  static {\n${lines(69)}}\n}\n`)).toHaveLength(2);
  expect(excesses("a.test.ts", `describe("all", () => {\n${lines(99)}});\n`)).toEqual([]);
  expect(excesses("a.test.ts", `test("one", () => {\n${lines(99)}});\n`)).toHaveLength(1);
});

/** What is too long in one file. Nested functions count into the functions around them; comments above do not. */
function excesses(path: string, text: string): string[] {
  const ts = loadTypeScript();
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const line = (position: number) => file.getLineAndCharacterOfPosition(position).line + 1;
  const found: string[] = [];
  const length = line(text.trimEnd().length);
  if (length > fileLimit) found.push(`${path}: ${length} lines, ${fileLimit} are allowed`);
  const visit = (node: ts.Node): void => {
    if ((ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) && !isGroupOfTests(ts, node)) {
      const start = line(node.getStart(file));
      const lines = line(node.end) - start + 1;
      if (lines > functionLimit) {
        found.push(`${path}:${start} ${nameOf(ts, node)}: ${lines} lines, ${functionLimit} are allowed`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The callback of `describe` holds tests as a module does: its tests are measured, it is not. */
function isGroupOfTests(typescript: typeof ts, node: ts.Node): boolean {
  return typescript.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

function nameOf(typescript: typeof ts, node: ts.Node): string {
  const holder = typescript.isVariableDeclaration(node.parent) || typescript.isPropertyAssignment(node.parent);
  const named = (holder ? node.parent : node) as ts.NamedDeclaration;
  return named.name?.getText() ?? "(anonymous)";
}
