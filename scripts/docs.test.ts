/** Holds the documents to the repository: every path, link, command and variable that they name must exist. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { type Claim, claimsOf, headingAnchors } from "./markdown.ts";
import { repositoryFiles, root } from "./source-files.ts";

const files = repositoryFiles();
const documents = files.filter((path) => path.endsWith(".md") && !/^fixtures\/[^/]+\//.test(path));
const topFolders = new Set(files.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/"))));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
};

test.each(documents)("all that %s names exists", (document) => {
  expect(faultsOf(document, readFileSync(join(root, document), "utf8"))).toEqual([]);
});

test("what does not exist is found", () => {
  expect(
    faultsOf(
      "docs/example.md",
      [
        "`runtime/store.ts`, `runtime/codec/`, `scripts/{docs,limits}.test.ts`, `fixtures/*.ts`, `codec/index.ts`, `markdown.ts`, `try/catch`, `src/mine.ts`",
        "[a](../LICENSE) [b](https://example.org/no) [c](#good-heading) `backstitch/internal` `npx tspc -b`",
        "## Good heading",
        "`runtime/no.ts` `scripts/{docs,no}.test.ts` `runtimes/store.ts` `backstitch/no` [d](no.md) [e](#bad)",
        "```sh",
        "npm ci && npm test",
        "NO_SUCH_VARIABLE=1 npm run no # words",
        "$ npx no-such-command; node scripts/no.mjs",
        "```",
      ].join("\n"),
    ),
  ).toEqual([
    "runtime/no.ts",
    "scripts/no.test.ts",
    "runtimes/store.ts",
    "backstitch/no",
    "no.md",
    "#bad",
    "NO_SUCH_VARIABLE",
    "npm run no",
    "npx no-such-command",
    "scripts/no.mjs",
  ]);
});

/** What a document names that does not exist, in the order of the text. */
function faultsOf(document: string, text: string): string[] {
  return claimsOf(text).flatMap((claim) => faultsOfClaim(document, text, claim));
}

function faultsOfClaim(document: string, text: string, { kind, value }: Claim): string[] {
  switch (kind) {
    case "path":
      return missingPaths(value);
    case "link":
      return linkHolds(document, text, value) ? [] : [value];
    case "script":
      return value in manifest.scripts ? [] : [`npm run ${value}`];
    case "command":
      return existsSync(join(root, "node_modules/.bin", value)) || value in (manifest.bin ?? {})
        ? []
        : [`npx ${value}`];
    case "variable":
      return sourceMentions(value) ? [] : [value];
  }
}

/**
 * The paths that a pattern like `scripts/{a,b}.ts` or `fixtures/<case>/` stands for and that match no file.
 * A path that does not begin at a folder of the root may begin at any: the text around it says which.
 */
function missingPaths(pattern: string): string[] {
  const [first = ""] = pattern.split("/");
  if (first === "backstitch") return `.${pattern.slice(first.length)}` in manifest.exports ? [] : [pattern];
  const fromRoot = topFolders.has(first);
  const isOurs = fromRoot || /\w\.(?:ts|mjs|cjs|sh|md)$/.test(pattern);
  if (!isOurs || ["src", "dist", "node_modules"].includes(first)) return [];
  return alternatives(pattern.replace(/\/$/, "")).filter((path) => {
    const expression = path
      .split(/(\*\*|\*|<[^>]*>)/)
      .map((part) => (part === "**" ? ".*" : /^[*<]/.test(part) ? "[^/]+" : part.replace(/[.+$()[\]]/g, "\\$&")))
      .join("");
    const matches = new RegExp(`${fromRoot ? "^" : "(?:^|/)"}${expression}(?:/|$)`);
    return !files.some((file) => matches.test(file));
  });
}

function alternatives(pattern: string): string[] {
  const braces = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern);
  if (braces === null) return [pattern];
  const [, before = "", choices = "", after = ""] = braces;
  return choices.split(",").flatMap((choice) => alternatives(before + choice.trim() + after));
}

function linkHolds(document: string, text: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? document : normalize(join(dirname(document), path)).replace(/\/$/, "");
  if (path !== "" && !files.some((known) => known === file || known.startsWith(`${file}/`))) return false;
  if (anchor === undefined || !file.endsWith(".md")) return true;
  return headingAnchors(path === "" ? text : readFileSync(join(root, file), "utf8")).has(anchor);
}

/** Whether code other than this test reads a variable of the environment. */
function sourceMentions(variable: string): boolean {
  return files
    .filter((path) => /\.(?:[cm]?ts|[cm]?js)$|^\.ci\//.test(path) && path !== "scripts/docs.test.ts")
    .some((path) => readFileSync(join(root, path), "utf8").includes(variable));
}
