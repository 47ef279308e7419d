/** What `backstitch init` would change in a project. A project in which all is set up gets an empty plan. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { overlayPackage } from "../../transformer/hosts/user-typescript.ts";
import { version } from "../../transformer/output/version.ts";
import { Failure } from "../failure.ts";
import { type PackageJson, rangeOf, readPackageJson } from "../project/package-json.ts";
import { findPluginEntry, pluginEntry, pluginLine } from "../project/plugin-entry.ts";
import { isNative, isTooOld, mismatchOf, recommended } from "../project/toolchain.ts";
import { configsOf, namedConfig, readConfigChain } from "../project/tsconfig-chain.ts";
import { versionIn } from "../project/typescript.ts";
import { appendTo, setIn, setSorted } from "./edit-json.ts";
import { planScripts } from "./plan-scripts.ts";

export interface Change {
  readonly path: string;
  /** Undefined for a new file. */
  readonly before: string | undefined;
  readonly after: string;
}

/** @throws Failure when there is no package.json, or when its TypeScript is too old */
export function planInit(folder: string, project: string | undefined): Change[] {
  const packageJson = readPackageJson(folder);
  const typescript = versionIn(packageJson.folder, "typescript") ?? rangeOf(packageJson, "typescript");
  if (typescript !== undefined && isTooOld(typescript)) {
    throw new Failure(
      `TypeScript ${typescript} is too old: 5.8 is the first that works. Upgrade it, then run init again.`,
    );
  }
  const overlay = typescript !== undefined && isNative(typescript);
  const config = project === undefined ? join(packageJson.folder, "tsconfig.json") : namedConfig(project);
  const changes = [
    { path: packageJson.path, before: packageJson.text, after: changedPackageJson(packageJson, typescript, overlay) },
    ...(existsSync(config) ? (overlay ? [] : changedConfigs(config)) : [newConfig(config, overlay)]),
  ];
  return changes.filter(({ before, after }) => before !== after);
}

function changedPackageJson(packageJson: PackageJson, typescript: string | undefined, overlay: boolean): string {
  let text = packageJson.text;
  const set = (section: string, name: string, range: string): void => {
    const present = packageJson.value.dependencies?.[name] === undefined ? section : "dependencies";
    text = setSorted(text, present, name, range);
  };
  const scripts = planScripts(packageJson.value.scripts ?? {}, overlay);
  for (const [name, script] of Object.entries(scripts)) text = setIn(text, ["scripts", name], script);

  if (rangeOf(packageJson, "backstitch") === undefined) set("dependencies", "backstitch", `^${version}`);
  if (rangeOf(packageJson, "typescript") === undefined && typescript === undefined) {
    set("devDependencies", "typescript", recommended.typescript);
  }
  if (overlay) {
    if (rangeOf(packageJson, overlayPackage) === undefined) set("devDependencies", overlayPackage, recommended.overlay);
    return text;
  }
  const tsPatch = rangeOf(packageJson, "ts-patch");
  const mismatch = tsPatch && mismatchOf(typescript ?? recommended.typescript, tsPatch, process.versions.node);
  if (tsPatch === undefined || mismatch) set("devDependencies", "ts-patch", recommended.tsPatch);
  return text;
}

/** The configurations with the entry added or mended, in the file that sets `plugins`: those of a child replace a base's. */
function changedConfigs(config: string): Change[] {
  const texts = new Map<string, { before: string; after: string }>();
  for (const path of configsOf(config)) {
    const chain = readConfigChain(path);
    const [own] = chain;
    // It only refers to others.
    if (own === undefined || own.value.files?.length === 0) continue;
    const { file, plugins, index, faults } = findPluginEntry(chain);
    if (index >= 0 && faults.length === 0) continue;
    const target = file === undefined || file.path.includes("node_modules") ? own : file;
    const known = texts.get(target.path) ?? { before: target.text, after: target.text };
    if (known.before !== known.after) continue;
    const at = ["compilerOptions", "plugins"];
    let after = known.after;
    if (target !== file) for (const inherited of plugins) after = appendTo(after, at, inherited as object);
    if (index < 0) after = appendTo(after, at, pluginEntry);
    else for (const key of faults) after = setIn(after, [...at, index, key], pluginEntry[key]);
    texts.set(target.path, { before: known.before, after });
  }
  return [...texts].map(([path, { before, after }]) => ({ path, before, after }));
}

function newConfig(path: string, overlay: boolean): Change {
  const plugins = overlay ? "" : `,\n    "plugins": [\n      ${pluginLine}\n    ]`;
  return {
    path,
    before: undefined,
    after: `{
  "compilerOptions": {
    "target": "ES2022",
    "module": "NodeNext",
    "strict": true,
    "sourceMap": true,
    "rootDir": "src",
    "outDir": "dist"${plugins}
  },
  "include": ["src"]
}
`,
  };
}
