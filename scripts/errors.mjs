/**
 * Writes docs/errors.md: every diagnostic of the compiler with a program that it is for and the closest legal one, from
 * the table and its fixtures, and every fault of the runtime.
 *
 *   node scripts/errors.mjs            rewrites the file
 *   node scripts/errors.mjs --print    prints what it would hold
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const corpus = join(root, "fixtures", "diagnostics");
const entry = /^ {2}"?([\w-]+)"?: \{\s*code: (\d+),\s*category: "(\w+)",\s*text: ("(?:[^"\\]|\\.)*"),\s*\},$/gm;
const fault = /^ {2}(BS\d+): ("(?:[^"\\]|\\.)*"),$/gm;

const kinds = {
  error: "error: the file is not compiled, and its functions cannot be registered (BS2001)",
  warning: "warning",
  hint: "hint, shown by editors and by `backstitch check`",
  strict: "error with `strict: true` in the plugin's options, else nothing",
};

function renderErrors() {
  const table = readFileSync(join(root, "transformer", "messages.ts"), "utf8");
  const faults = readFileSync(join(root, "runtime", "faults.ts"), "utf8");
  const cases = readdirSync(corpus).filter((name) => existsSync(join(corpus, name, "expected.txt")));
  const sections = [...table.matchAll(entry)].map(([, key, code, category, text]) => {
    return renderDiagnostic(
      { key, code, category, text: JSON.parse(text) },
      cases.filter((name) => codeOf(name) === code),
    );
  });
  return `# Errors

Written by \`scripts/errors.mjs\` from the tables and from \`fixtures/diagnostics/\`. A code is given once and never reused.

## The compiler

Shown by \`tspc\`, editors and \`backstitch check\`. Those that need types are left out of builds without them.

${sections.join("\n")}
## The runtime

Faults are \`BackstitchError\`s with a \`code\`. Their messages say where, and what to do. A blocked run keeps its fault as its
\`error\`, and goes on with \`client.runs.resume(id)\` when the cause is gone.

| code | fault |
|---|---|
${[...faults.matchAll(fault)].map(([, code, text]) => `| ${code} | ${JSON.parse(text)} |`).join("\n")}
`;
}

function renderDiagnostic({ key, code, category, text }, names) {
  const [first, ...more] = names;
  const messages = new Set(more.map(messageOf).filter((message) => message !== messageOf(first)));
  const others = [...messages].map((message) => `- ${message}`);
  return [
    `### TS${code} ${key}\n`,
    `${kinds[category]}\n`,
    `> ${text.replaceAll(/%(\w+)%/g, "‹$1›")}\n`,
    "Reported:\n",
    fence(programOf(first, "input.ts")),
    "Not reported:\n",
    fence(programOf(first, "legal.ts")),
    ...(others.length > 0 ? ["Other cases:\n", `${others.join("\n")}\n`] : []),
  ].join("\n");
}

const expectedOf = (name) => readFileSync(join(corpus, name, "expected.txt"), "utf8");
const codeOf = (name) => /TS(\d+)/.exec(expectedOf(name))?.[1];
const messageOf = (name) => /TS\d+: (.*)/.exec(expectedOf(name))?.[1];

/** The import of the package and the client are the same in all of them. */
function programOf(name, file) {
  const lines = readFileSync(join(corpus, name, file), "utf8").split("\n");
  const own = lines.filter((line) => !/^(?:import .* from "backstitch";|const client = .*)$/.test(line));
  return own
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

const fence = (code) => `\`\`\`ts\n${code}\n\`\`\`\n`;

const text = renderErrors();
if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync(join(root, "docs", "errors.md"), text);
