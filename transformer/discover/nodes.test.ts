/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of programs */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { nodesOf, startOf } from "./nodes.ts";
import { parseFile } from "./parse.ts";

const ts = loadTypeScript();
const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, "../../fixtures/transform", name, "input.ts"), "utf8");

const texts: readonly (readonly [name: string, text: string])[] = [
  ["comments", "/* a */ f(/* b */ a, // c\n  /** d */ b) /* e */;\n// f\n/re/.test(`x${/* g */ a}y`);\n"],
  ["white space", "\ufeff\u00a0f(\v\fa,\u2028b\u3000);\r\n\tg\t(\r\n);"],
  ["signs", "[, a, ...b]; -a; +a; !a; ~a; ++a; <T>a; a ? .5 : @d class { #p = 1; _q; $r }; é(); \\u0061();"],
  ["an interpreter", "#!/usr/bin/env node\nf();"],
  ["conflicts", "f();\n<<<<<<< one\ng();\n=======\nh();\n>>>>>>> other\ni();\n"],
  ["missing parts", "f(; const = ; class { ; if (a"],
  ["JSX", "const a = <A b={c} {...d}>\n  text {e} <></>\n  // no comment\n</A>;"],
  ...["hostile-comments", "hostile-no-semicolons", "hostile-unicode-names", "type-syntax"].map(
    (name) => [name, fixture(name)] as const,
  ),
];

test.each(texts)("nodes begin where TypeScript says: %s", (_, text) => {
  const file = parseFile(ts, "a.tsx", text);
  const { all } = nodesOf(ts, file);
  expect(all.length).toBeGreaterThan(3);
  const shown = (start: number, at: (typeof all)[number]) => `${ts.SyntaxKind[at.kind]} at ${start}`;
  expect(all.map((node) => shown(startOf(node, file), node))).toEqual(
    all.map((node) => shown(node.getStart(file), node)),
  );
});
