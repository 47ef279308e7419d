import type { UnpluginOptions } from "unplugin";
import { describe, expect, test } from "vitest";
import { folderWith } from "../testing-support.ts";
import type { BackstitchOptions } from "./options.ts";
import { plugin } from "./plugin.ts";

const helper = `import type { Step } from "backstitch";
export async function pay(step: Step, sum: number) {
  return await step.run("pay", () => sum);
}
`;
const broken = `import type { Step } from "backstitch";
export const a = async (step: Step) => await step.run("a", async () => step.run("b", () => 1));
export const b = async (step: Step) => await step.run("c", async () => step.run("d", () => 1));
`;
const configured = {
  "package.json": '{ "name": "shop" }',
  "tsconfig.json": '{ "compilerOptions": { "noLib": true, "types": [] } }',
};

/** The plugin of one build, with what it reports. */
function start(options?: BackstitchOptions) {
  const reported: { message: string; loc?: unknown }[] = [];
  const made = plugin.raw(options, { framework: "rollup", versions: {} }) as UnpluginOptions;
  const { handler } = made.transform as { handler(text: string, id: string): { code: string } | undefined };
  const context = { error: (found: never) => reported.push(found), warn: (found: never) => reported.push(found) };
  return {
    reported,
    transform: (text: string, id: string) => handler.call(context, text, id)?.code,
    changed: () => made.watchChange?.call(context as never, "", { event: "update" }),
  };
}

describe.each([{ types: true }, { types: false }])("$types types", (options) => {
  test("compiles what is durable, and leaves the rest to others", () => {
    const { path } = folderWith({ ...configured, "pay.ts": helper, "plain.ts": "export const backstitch = 1;\n" });
    const { transform } = start(options);
    expect(transform(helper, path("pay.ts"))).toContain('$.at("pay", ');
    expect(transform(helper, path("pay.ts"))).toContain('"shop#pay"');
    expect(transform("export const backstitch = 1;\n", path("plain.ts"))).toBeUndefined();
  });

  test("fails with all errors of a file, at the first", () => {
    const { path } = folderWith({ ...configured, "broken.ts": broken });
    const { transform, reported } = start(options);
    expect(transform(broken, path("broken.ts"))).toBeUndefined();
    expect(reported).toEqual([
      {
        message: expect.stringMatching(/broken\.ts:2:72: error TS90003: [\s\S]*broken\.ts:3:72: error TS90003: /),
        loc: { file: path("broken.ts"), line: 2, column: 71 },
      },
    ]);
  });

  test("hands out manifests, and errors in place of failing", () => {
    const { path } = folderWith({ ...configured, "pay.ts": helper, "broken.ts": broken });
    const found: unknown[] = [];
    const { transform, reported } = start({
      ...options,
      onManifest: (fileName, { functions }) => found.push([fileName, functions.map(({ code }) => code)]),
      onError: (fileName, errors) => found.push([fileName, errors.match(/TS\d+/g)]),
    });
    transform(helper, path("pay.ts"));
    transform(broken, path("broken.ts"));
    expect(reported).toEqual([]);
    expect(found).toEqual([
      [path("pay.ts"), ["shop#pay"]],
      [path("broken.ts"), ["shop#a", "shop#b"]],
      [path("broken.ts"), ["TS90003", "TS90003"]],
    ]);
  });

  test("follows changes on disk", () => {
    const { path, write } = folderWith({ ...configured, "pay.ts": helper });
    const { transform, changed } = start(options);
    transform(helper, path("pay.ts"));
    for (const label of ["charge", "settle"]) {
      const edited = helper.replace('"pay"', `"${label}"`);
      write("pay.ts", edited);
      if (label === "charge") changed();
      expect(transform(edited, path("pay.ts"))).toContain(`$.at("${label}", `);
    }
    write("late.ts", helper);
    expect(transform(helper, path("late.ts"))).toContain('$.at("pay", ');
  });
});

describe("a text that is not the file's", () => {
  test("is compiled when what is durable in it is the same", () => {
    const { path } = folderWith({ "pay.ts": helper });
    const { transform } = start();
    expect(transform(`\uFEFF${helper}`, path("pay.ts"))).toContain('$.at("pay", ');
    expect(transform(`${helper}export const flag = true;\n`, path("pay.ts"))).toContain("flag = true");
  });

  test("is refused when another plugin changed what is durable", () => {
    const { path } = folderWith({ "pay.ts": helper });
    const { transform } = start();
    const stripped = helper.replace(": Step, sum: number", ", sum").replace(/^import.*\n/, "");
    expect(() => transform(stripped, path("pay.ts"))).toThrow(/^Another plugin changed .*pay\.ts.*Put backstitch\(\)/);
    expect(() => transform(helper.replace('"pay"', '"paid"'), path("pay.ts"))).toThrow(/^Another plugin changed/);
  });

  test("is taken as it comes under a name with a query, and when there is no file", () => {
    const { path } = folderWith({ "pay.ts": helper });
    const { transform } = start();
    expect(transform(`export default ${JSON.stringify(helper)}`, path("pay.ts?raw"))).toBeUndefined();
    expect(transform(helper.replace('"pay"', '"paid"'), path("pay.ts?worker_file"))).toContain('$.at("paid", ');
    expect(transform(helper, path("none.ts"))).toContain('$.at("pay", ');
  });

  test("is left alone when it was compiled before, or cannot be parsed", () => {
    const { path } = folderWith({ "pay.ts": helper });
    const { transform } = start();
    const compiled = transform(helper, path("pay.ts")) ?? "";
    expect(transform(compiled, path("dist.ts"))).toBeUndefined();
    expect(transform(`${helper}}`, path("half.ts"))).toBeUndefined();
  });
});
