/** What the compiler costs beside parsing, in a build that knows no types. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { transformSource } from "../dist/compiler/index.js";
import { workflowFile } from "./compile.mjs";
import { cpuMicroseconds, rounded, summary } from "./statistics.mjs";
import { root } from "./workspace.mjs";

const ts = createRequire(import.meta.url)("typescript");
const texts = [workflowFile(9), readFileSync(join(root, "examples/checkout/checkout.ts"), "utf8")];

/** @param rounds how often each text is parsed and transformed @param blocks of rounds; the first ones only warm up */
export async function measureTransform(rounds, blocks) {
  const all = Array.from({ length: blocks }, () => measureBlock(rounds)).slice(Math.ceil(blocks / 3));
  return {
    parse: summary(all.map(({ parse }) => parse)),
    transform: summary(all.map(({ transform }) => transform)),
    ratio: summary(all.map(({ parse, transform }) => transform / parse)),
  };
}

/** Microseconds of CPU per file; those of `transform` hold those of its own parsing and of the map. */
function measureBlock(rounds) {
  const perFile = (work) => {
    const start = cpuMicroseconds();
    for (let round = 0; round < rounds; round++) for (const text of texts) work(text);
    return rounded((cpuMicroseconds() - start) / (rounds * texts.length));
  };
  return {
    parse: perFile((text) => ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true)),
    transform: perFile((text) => transformSource(ts, { fileName: "a.ts", text })),
  };
}
