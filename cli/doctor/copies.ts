/** Whether the package is installed, and once. */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { installCommand, packageManagerOf } from "../project/package-manager.ts";
import type { Check } from "./finding.ts";

export const checkCopies: Check = ({ folder, packageJson, versions, own, shown }) => {
  const where = shown(packageJson.path);
  // Within this package itself there is nothing to install.
  if (packageJson.value.name === "backstitch") return [];
  if (versions.backstitch === undefined) {
    return [
      {
        code: "backstitch-missing",
        category: "error",
        where,
        what: "backstitch is not installed here.",
        why: "Compiled handlers import the runtime from it.",
        fix: installCommand(folder, { dev: false }, `backstitch@^${own.version}`),
      },
    ];
  }
  const copies = findCopies(folder);
  if (copies.size < 2) return [];
  const list = [...copies].map(([path, version]) => `${shown(path)} (${version})`).join(", ");
  return [
    {
      code: "several-copies",
      category: "error",
      where,
      what: `There are ${copies.size} copies of backstitch: ${list}.`,
      why: "Each has a runtime of its own: a handler that was registered with one is unknown to the other.",
      fix: dedupe(packageManagerOf(folder).name),
    },
  ];
};

function dedupe(manager: string): string {
  const command = manager === "bun" ? "bun install" : `${manager} dedupe`;
  return `Ask for the same version everywhere, then \`${command}\`; libraries should list backstitch under peerDependencies.`;
}

/** Real paths and versions of all copies that a program in the folder may load. */
function findCopies(folder: string): Map<string, string> {
  const copies = new Map<string, string>();
  const add = (path: string): void => {
    const manifest = join(path, "package.json");
    if (!existsSync(manifest)) return;
    const { version = "?" } = JSON.parse(readFileSync(manifest, "utf8")) as { version?: string };
    copies.set(realpathSync(path), version);
  };
  let nearest: string | undefined;
  for (let at = folder; ; at = dirname(at)) {
    const modules = join(at, "node_modules");
    // Of those in the folders above only the nearest is loaded.
    if (nearest === undefined && existsSync(join(modules, "backstitch"))) {
      nearest = join(modules, "backstitch");
      add(nearest);
    }
    for (const path of packagesIn(modules)) add(join(path, "node_modules", "backstitch"));
    // pnpm keeps one folder for each version and set of peers.
    for (const name of namesIn(join(modules, ".pnpm")).filter((each) => each.startsWith("backstitch@"))) {
      add(join(modules, ".pnpm", name, "node_modules", "backstitch"));
    }
    if (dirname(at) === at) return copies;
  }
}

function packagesIn(modules: string): string[] {
  return namesIn(modules).flatMap((name) =>
    name.startsWith("@")
      ? namesIn(join(modules, name)).map((inner) => join(modules, name, inner))
      : [join(modules, name)],
  );
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
