/** Which files of the repository the tests in this folder look at. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files that belong to the repository, committed or about to be: paths from the root with forward slashes, sorted. */
export function repositoryFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = new Set(list.split("\0").filter((path) => path !== "" && existsSync(join(root, path))));
  return [...files].sort();
}
