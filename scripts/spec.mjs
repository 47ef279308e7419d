/**
 * Writes docs/spec.md: input and output of each construct, from the fixtures.
 *
 *   node scripts/spec.mjs            rewrites the file
 *   node scripts/spec.mjs --print    prints what it would hold
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const corpus = join(root, "fixtures", "transform");

function renderSpec() {
  const cases = readdirSync(corpus, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(corpus, entry.name, "output.ts")))
    .map((entry) => entry.name)
    .sort();
  const sections = cases.map(renderCase);
  return `# What the compiler makes of each construct

Written by \`scripts/spec.mjs\` from \`fixtures/transform/\`, where every output is also executed: natively against compiled,
with no reload, with one at every park and at random ones, and with each single step made to fail. Shown is the handler;
imports, helpers and the table of labels (the first argument of \`$.durable\`) are left out.

${sections.join("\n")}`;
}

function renderCase(name) {
  const input = readFileSync(join(corpus, name, "input.ts"), "utf8");
  const output = readFileSync(join(corpus, name, "output.ts"), "utf8");
  const title = /^\/\/ (.*)$/m.exec(input)?.[1] ?? "";
  return `## ${name}\n\n${title}\n\n${fence(handlerOf(input))}\n\n${fence(handlerOf(output))}\n`;
}

/** From the first durable function on; the fixture's own declarations come before it. */
function handlerOf(text) {
  const start = text.search(/^(?:export )?(?:default |const \w+ = |async )?.*(?:createFunction|durable\()/m);
  return text
    .slice(Math.max(start, 0))
    .replaceAll(/\$\.durable\(\{ code: .* \}, async /g, "$.durable({ … }, async ")
    .trimEnd();
}

function fence(code) {
  const ticks = code.includes("```") ? "````" : "```";
  return `${ticks}ts\n${code}\n${ticks}`;
}

const text = renderSpec();
if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync(join(root, "docs", "spec.md"), text);
