import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { transformSource } from "../../compiler/index.ts";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { type GraphArguments, printGraph } from "./graph.ts";

const folder = mkdtempSync(join(tmpdir(), "backstitch-graph-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = (id: string, body = 'await step.run("a", () => 1);') =>
  `export default client.createFunction({ id: "${id}" }, { event: "e" }, async ({ step }) => { ${body} });\n`;

function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const manifestText = (id: string) =>
  JSON.stringify(transformSource(loadTypeScript(), { fileName: "a.ts", text: source(id) }).manifest);

function run(args: Partial<GraphArguments> & Pick<GraphArguments, "paths">) {
  let [stdout, stderr] = ["", ""];
  const exitCode = printGraph(
    { format: "mermaid", expand: true, ...args },
    {
      writeData: (text) => {
        stdout += text;
      },
      writeMessage: (text) => {
        stderr += text;
      },
      loadTypeScript,
    },
  );
  return { exitCode, stdout, stderr };
}

test("draws manifests, folders of them, and source files, in each format", () => {
  const manifest = write("dist/one.js.backstitch.json", manifestText("one"));
  write("dist/deep/two.js.backstitch.json", manifestText("two"));
  write("dist/node_modules/other/three.js.backstitch.json", manifestText("three"));
  expect(run({ paths: [manifest] }).stdout).toContain('(["one"])');
  const both = run({ paths: [join(folder, "dist")] });
  expect(both.stdout).toMatch(/"two"[\s\S]*"one"/);
  expect(both.stdout).not.toContain('"three"');
  expect(run({ paths: [join(folder, "dist")], function: "one" }).stdout).not.toContain('"two"');
  const file = write("src/four.ts", source("four"));
  expect(run({ paths: [file], format: "svg" }).stdout).toMatch(/^<svg /);
  const { nodes } = JSON.parse(run({ paths: [file], format: "json" }).stdout);
  expect(nodes[0]).toEqual({ id: "four:start", kind: "start", text: "four", function: "four", line: 1 });
});

test("says what is wrong, on stderr, with an exit code for each", () => {
  const wrong = (args: Parameters<typeof run>[0]) => {
    const { exitCode, stdout, stderr } = run(args);
    expect(stdout).toBe("");
    return `${exitCode} ${stderr.replaceAll(folder, "")}`;
  };
  const file = write("src/five.ts", source("five"));
  const nested = write("src/six.ts", source("six", 'await step.run("a", () => step.run("b", () => 1));'));
  mkdirSync(join(folder, "empty"));
  expect(wrong({ paths: [join(folder, "none")] })).toBe("3 backstitch: /none does not exist.\n");
  expect(wrong({ paths: [join(folder, "empty")] })).toContain("3 backstitch: /empty holds no manifest. Build");
  expect(wrong({ paths: [file], function: "no" })).toBe(
    "3 backstitch: There is no durable function no. There are five.\n",
  );
  expect(wrong({ paths: [nested] })).toMatch(/^1 backstitch: \/src\/six\.ts does not compile: /);
  expect(wrong({ paths: [write("a.json", "{}")] })).toBe("1 backstitch: /a.json is no manifest of the compiler.\n");
  expect(wrong({ paths: [write("b.json", "{")] })).toBe("1 backstitch: /b.json is no manifest of the compiler.\n");
  expect(wrong({ paths: [write("c.ts", source("c", ""))] })).toContain("3 backstitch: No function of these suspends");
  expect(wrong({ paths: [file], format: "png" as "svg" })).toContain("2 backstitch: There is no format png.");
});
