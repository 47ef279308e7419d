/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of programs */
import { expect, test } from "vitest";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { hashOf, placeOf } from "./hash.ts";

const ts = loadTypeScript();

function hash(text: string): string {
  const file = ts.createSourceFile("a.tsx", text, ts.ScriptTarget.Latest, true);
  return hashOf(ts, file.statements[0] as never);
}

test("comments and white space do not count", () => {
  const plain = hash("async function f(a, b = [, 1]) { return a ? `x ${b} y` : /a b/.test(a); }");
  expect(
    hash(
      "/** F. */ async  function f(a /* first */,\n b = [ , 1]) { // then\n return a ? `x ${/* b */ b} y` : /a b/.test(a) ; }",
    ),
  ).toBe(plain);
});

test("everything else does", () => {
  const texts = [
    "f(a, b);",
    "f(a, , b);",
    "f(a, ...b);",
    "f?.(a, b);",
    "new f(a, b);",
    "f(a, !b);",
    "f(a, -b);",
    "f(a, +b);",
    "f(a, b--);",
    "f(a, --b);",
    "f(a + b);",
    "f(a, 'b');",
    'f(a, "b");',
    "f(a, 'b ');",
    "f(a, `b`);",
    "f(a, `b `);",
    "f(a, `${b}`);",
    "f(a, `${b} `);",
    "f(a, /b/);",
    "f(a, / b/);",
    "f(a, typeof b);",
    "f(a, void b);",
    "f(a, async () => b);",
    "f(a, () => b);",
    "f(a, { b });",
    "f(a, { get b() {} });",
    "f(a, { set b(c) {} });",
    "f(a, function* () { yield b; });",
    "f(a, function* () { yield* b; });",
    "f(a, async () => { for await (const c of b); });",
    "f(a, async () => { for (const c of b); });",
    "f(a, async () => { for (let c of b); });",
    "f(a, async () => { for (let c in b); });",
    "f(a, '// b');",
    "f(a, '/* b */');",
    "f(a, <b>c</b>);",
    "f(a, <b>c </b>);",
    "f(a, class { static b = 1; });",
    "f(a, class { b = 1; });",
    "f(a, class { static { b; } });",
    "f(a, function () { return new.target; });",
    "if (a) b; else c;",
    "if (a) { b; } else c;",
    "label: while (a) { break label; }",
    "label: while (a) { continue label; }",
    "while (a) { break; }",
    "while (a) { continue; }",
  ];
  expect(new Set(texts.map(hash)).size).toBe(texts.length);
});

test("a module has its place in the package, whatever it is written in", () => {
  expect(placeOf("src/pay.ts")).toBe(placeOf("src/pay.js"));
  expect(placeOf("src/pay.ts")).not.toBe(placeOf("src/stripe/pay.ts"));
  expect(placeOf("src/pay.ts")).toMatch(/^[0-9a-f]{8}$/);
});
