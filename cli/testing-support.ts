/** Makes small projects in temporary folders. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { toolchain } from "../fixtures/toolchain.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What stands in `node_modules`: this package, the compilers under test, or a package that has no more than a version. */
export const here: Readonly<Record<string, string>> = { backstitch: root };
export const compilers: Readonly<Record<string, string>> = {
  typescript: join(toolchain, "node_modules", "typescript"),
  "ts-patch": join(toolchain, "node_modules", "ts-patch"),
};

export const pluginEntry = { name: "backstitch", transform: "backstitch/transformer", transformProgram: true };

export const handler = `import { Backstitch } from "backstitch";
import { memory } from "./store.js";

export const client = new Backstitch({ id: "shop", store: memory });
export const order = client.createFunction({ id: "order" }, { event: "shop/order" }, async ({ step }) => {
  await step.run("charge", () => 1);
});
`;

/**
 * Writes files into a new folder, which the test that runs removes at its end.
 *
 * @param files texts, or objects to be written as JSON, by path
 * @param modules folders to link, or versions, by name of the package
 * @returns the real path of the folder
 */
export function makeProject(
  files: Readonly<Record<string, string | object>>,
  modules: Readonly<Record<string, string>> = {},
): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "backstitch-cli-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, content: string | object): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`;
    writeFileSync(join(folder, path), text);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  for (const [name, source] of Object.entries(modules)) {
    const target = join("node_modules", name);
    if (/^\d/.test(source)) write(join(target, "package.json"), { name, version: source });
    else {
      mkdirSync(dirname(join(folder, target)), { recursive: true });
      symlinkSync(source, join(folder, target), "dir");
    }
  }
  return folder;
}
