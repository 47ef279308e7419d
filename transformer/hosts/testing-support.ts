/** A folder of files for one test. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { toolchain } from "../../fixtures/toolchain.ts";

/** Writes files, by their paths in a new folder, beside the TypeScript under test. */
export function folderWith(files: Readonly<Record<string, string>>): {
  readonly path: (name: string) => string;
  readonly write: (name: string, text: string) => void;
} {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "backstitch-hosts-"))).replaceAll("\\", "/");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => `${folder}/${name}`;
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  mkdirSync(path("node_modules"), { recursive: true });
  symlinkSync(join(toolchain, "node_modules", "typescript"), path("node_modules/typescript"), "dir");
  return { path, write };
}
