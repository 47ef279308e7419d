/** The package manager of a project, and how it is told to install. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

const managers = [
  { name: "pnpm", lock: "pnpm-lock.yaml", add: "pnpm add", dev: "--save-dev", install: "pnpm install" },
  { name: "yarn", lock: "yarn.lock", add: "yarn add", dev: "--dev", install: "yarn install" },
  { name: "bun", lock: "bun.lock", add: "bun add", dev: "--dev", install: "bun install" },
  { name: "bun", lock: "bun.lockb", add: "bun add", dev: "--dev", install: "bun install" },
  { name: "npm", lock: "package-lock.json", add: "npm install", dev: "--save-dev", install: "npm install" },
] as const;

const npm = managers[managers.length - 1] as (typeof managers)[number];

/** The manager whose lock file stands nearest, in the folder or above it; npm when there is none. */
export function packageManagerOf(folder: string): (typeof managers)[number] {
  for (let at = folder; ; at = dirname(at)) {
    const found = managers.find(({ lock }) => existsSync(join(at, lock)));
    if (found !== undefined) return found;
    if (dirname(at) === at) return npm;
  }
}

/** The command that adds packages to the project in `folder`. */
export function installCommand(folder: string, { dev }: { readonly dev: boolean }, ...packages: string[]): string {
  const manager = packageManagerOf(folder);
  return [manager.add, ...(dev ? [manager.dev] : []), ...packages].join(" ");
}
