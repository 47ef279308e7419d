import { expect, it } from "vitest";
import { transformSource } from "../../compiler/index.ts";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import type { Manifest } from "../../runtime/manifest.ts";
import { compareBuilds } from "./compare.ts";
import { isClear, printReport } from "./report.ts";
import { migrateStub } from "./stub.ts";

const ts = loadTypeScript();

function build(body: string, id = "f", module = ""): Manifest {
  const text = `
    import { Backstitch, type Step } from "backstitch";
    ${module}
    new Backstitch({ id: "app" }).createFunction({ id: ${JSON.stringify(id)} }, { event: "go" }, async ({ event, step }) => { ${body} });`;
  const { manifest, diagnostics } = transformSource(ts, { fileName: `${id}.ts`, text });
  expect(diagnostics.filter(({ category }) => category === "error")).toEqual([]);
  return manifest;
}

function rows(before: string, after: string) {
  return compareBuilds([build(before)], [build(after)]);
}

function row(before: string, after: string, label = "one") {
  return rows(before, after).find((one) => one.label === label);
}

const one = `await step.run("one", () => 1);`;
const two = `await step.run("two", () => 2);`;

it("tells what moved", () => {
  expect(row(one, `while (event) { ${one} }`)).toMatchObject({ verdict: "SAFE", changes: ["moved into a loop"] });
  expect(row(`try { ${one} } catch {}`, one)).toMatchObject({ verdict: "SAFE", changes: ["moved out of a try"] });
  expect(row(one + two, two + one)).toMatchObject({ verdict: "SAFE", changes: ["moved"] });
  expect(row(one, one + two)).toMatchObject({ verdict: "SAFE", changes: ['"two" may come next'] });
  expect(row(one, one)).toMatchObject({ verdict: "SAFE", changes: [], reasons: [] });
});

it("finds the label that took the place of another, when only one can have", () => {
  expect(row(one + two, one.replace("one", "uno") + two)).toMatchObject({
    verdict: "NEEDS MIGRATION",
    renamedTo: "uno",
  });
  const both = (one + two).replace("one", "uno").replace("two", "due");
  expect(row(one + two, both)).toMatchObject({ verdict: "STRANDED" });
  expect(row(one, `await step.sleep("uno", 1);`)).toMatchObject({ verdict: "STRANDED" });
  expect(row(one + two, two)).toMatchObject({ verdict: "STRANDED" });
});

it("numbers of repeated ids tell that one was added", () => {
  expect(rows(one + one, one + one + one).map(({ verdict }) => verdict)).toEqual(["STRANDED", "STRANDED"]);
});

it("a function that is gone strands its runs", () => {
  expect(compareBuilds([build(one)], [build(one, "g")])).toMatchObject([
    { code: "f", label: "one", verdict: "STRANDED" },
  ]);
});

it("gives defaults only to variables that cannot have another value, or that say they may have none", () => {
  const with_ = (declaration: string, write = "") =>
    row(one, `${declaration} ${one} ${write} await step.run("last", () => added);`);
  const safe = { verdict: "SAFE WITH DEFAULT" };
  expect(with_("const added = 5;")).toMatchObject({ ...safe, defaults: [{ name: "added", scope: "", value: [5] }] });
  expect(with_("let added: string | undefined;", `if (event) added = "x";`)).toMatchObject({
    ...safe,
    defaults: [{ value: [] }],
  });
  expect(with_("let added: Date | null = null;", "if (event) added = new Date();")).toMatchObject({
    ...safe,
    defaults: [{ value: [null] }],
  });
  const open = { verdict: "NEEDS MIGRATION", missing: [{ scope: "", name: "added" }] };
  expect(with_("let added = 5;", "if (event) added++;")).toMatchObject(open);
  expect(with_("let added;", `if (event) added = "x";`)).toMatchObject(open);
  expect(with_("let added: number; added = 1;")).toMatchObject(open);
  expect(with_("const added = Date.now();")).toMatchObject(open);
  expect(with_("const added = [];")).toMatchObject(open);
});

it("tells of types where both builds know them", () => {
  const typed = (type: string): Manifest => {
    const [fn, ...others] = build(`const a = ${one} await step.run("use", () => a);`).functions;
    const use = fn?.labels["use"];
    if (!fn || !use) throw new Error("no label");
    const slots = use.slots.map((slot) => ({ ...slot, type }));
    return {
      format: 1,
      compiler: "",
      functions: [{ ...fn, labels: { ...fn.labels, use: { ...use, slots } } }, ...others],
    };
  };
  const [, use] = compareBuilds([typed("number")], [typed("bigint")]);
  expect(use).toMatchObject({ verdict: "NEEDS MIGRATION", missing: [{ scope: "", name: "a", type: "bigint" }] });
  expect(compareBuilds([typed("number")], [typed("number")])[1]).toMatchObject({ verdict: "SAFE" });
});

it("a helper is checked by itself, and is found by its module and its text among those of one name", () => {
  const helper = (id: string) => `async function help(step: Step) { return step.run("${id}", () => 1); }`;
  const call = "await help(step);";
  const before = [build(call, "f", helper("one"))];
  expect(compareBuilds(before, [build(call, "f", helper("two"))])).toMatchObject([
    { code: "#help", label: "one", verdict: "NEEDS MIGRATION", renamedTo: "two" },
    { code: "f", label: "help", verdict: "SAFE" },
  ]);
  const twins = [build(call, "f", helper("two")), build(call, "g", helper("one"))];
  expect(compareBuilds(before, twins)[0]).toMatchObject({ code: "#help", verdict: "NEEDS MIGRATION" });
  const others = [build(call, "h", helper("two")), build(call, "g", helper("three"))];
  expect(compareBuilds(before, others)[0]).toMatchObject({ code: "#help", verdict: "STRANDED" });
  const same = [build(call, "f", helper("one")), build(call, "g", helper("three"))];
  expect(compareBuilds(before, same)[0]).toMatchObject({ code: "#help", verdict: "SAFE" });
});

it("prints a report and a stub that compiles and blocks", () => {
  const labels = rows(
    `const a = ${one} ${two} await step.run("three", () => a);`,
    `const a = ${one} const b = a; ${two.replace("two", "due")} await step.run("three", () => a + b);`,
  );
  const report = { labels, notBegun: 2 };
  expect(isClear(report)).toBe(false);
  expect(printReport(report)).toMatchInlineSnapshot(`
    "f
      one    SAFE
          "due" may come next
      two    NEEDS MIGRATION
          the function has no label "two"
          "due" seems to take its place
      three  NEEDS MIGRATION
          it has no variable "b"

    1 SAFE, 2 NEEDS MIGRATION; 2 runs have not begun
    "
  `);
  expect(migrateStub(labels)).toMatchInlineSnapshot(`
    "import type { Migrate } from "backstitch";

    /**
     * Give it to the function: \`createFunction({ id: …, migrate }, …)\`. A run whose frame it throws for stays as it is,
     * blocked with the reason; \`backstitch runs unblock\` lets it try again.
     */
    export const migrate: Migrate = (frame) => {
      if (frame.code === "f" && frame.label === "two") {
        // the function has no label "two"
        frame.label = "due";
        if (frame.step?.callback?.id === "two") frame.step.callback.id = "due";
        // frame.scope("")["b"] = …;
        throw new Error("f is not migrated at \\"two\\" yet");
      }
      if (frame.code === "f" && frame.label === "three") {
        // it has no variable "b"
        // frame.scope("")["b"] = …;
        throw new Error("f is not migrated at \\"three\\" yet");
      }
      return frame;
    };
    "
  `);
  const { outputText, diagnostics } = ts.transpileModule(migrateStub(labels), { reportDiagnostics: true });
  expect(diagnostics).toEqual([]);
  expect(outputText).toMatch(/\bmigrate = /);
});
