/** What the doctor knows of a project. Gathered once, so that each check is a function of it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type tsTypes from "typescript";
import { compileSource } from "../../compiler/transform-source.ts";
import { mayHoldDurable } from "../../transformer/compile.ts";
import { overlayPackage } from "../../transformer/hosts/user-typescript.ts";
import { version } from "../../transformer/output/version.ts";
import { Failure } from "../failure.ts";
import { type PackageJson, readPackageJson } from "../project/package-json.ts";
import { type Invocation, invocationsOf } from "../project/scripts.ts";
import { isPatched } from "../project/toolchain.ts";
import { type ConfigFile, configsOf, namedConfig, readConfigChain } from "../project/tsconfig-chain.ts";
import { loadTypeScript, versionIn } from "../project/typescript.ts";

export interface Facts {
  /** The folder of package.json. */
  readonly folder: string;
  readonly packageJson: PackageJson;
  readonly scripts: readonly Script[];
  readonly configs: readonly Config[];
  readonly versions: Versions;
  /** Whether `ts-patch install` made plain `tsc` run plugins. */
  readonly patched: boolean;
  /** The package that this command belongs to. */
  readonly own: { readonly folder: string; readonly version: string; readonly entries: readonly string[] };
  /** Whether the file at a path holds a durable function; without TypeScript, whether it may. */
  isDurable(path: string): boolean;
  /** How a path is shown. */
  shown(path: string): string;
}

/** What is installed; undefined for what is not there. */
export interface Versions {
  readonly node: string;
  readonly typescript: string | undefined;
  readonly tsPatch: string | undefined;
  /** The TypeScript beside a native one. */
  readonly overlay: string | undefined;
  readonly backstitch: string | undefined;
}

export interface Script {
  readonly name: string;
  readonly text: string;
  readonly invocations: readonly Invocation[];
}

/** A tsconfig.json that compiles files. */
export interface Config {
  readonly path: string;
  readonly chain: readonly ConfigFile[];
  /** Its files with durable functions, each with the JavaScript that belongs to it. Undefined without TypeScript. */
  readonly durable: readonly { readonly source: string; readonly output: string | undefined }[] | undefined;
}

/**
 * @param project the tsconfig.json to begin with; by default the one beside package.json
 * @throws Failure when there is no package.json
 */
export function gatherFacts(folder: string, project: string | undefined): Facts {
  const named = project === undefined ? undefined : namedConfig(project);
  const packageJson = readPackageJson(named === undefined ? folder : dirname(named));
  const root = packageJson.folder;
  const ts = typeScriptOf(root);
  const configs = configsOf(named ?? join(root, "tsconfig.json"))
    .map((path): Config => ({ path, chain: readConfigChain(path), durable: ts && durableFiles(ts, path) }))
    // What only refers to others compiles nothing.
    .filter(({ chain: [config] }) => config?.value.files?.length !== 0);
  const durable = ts && new Set(configs.flatMap((config) => config.durable ?? []).map(({ source }) => source));
  return {
    folder: root,
    packageJson,
    scripts: Object.entries(packageJson.value.scripts ?? {}).map(([name, text]) => ({
      name,
      text,
      invocations: invocationsOf(text),
    })),
    configs,
    versions: {
      node: process.versions.node,
      typescript: versionIn(root, "typescript"),
      tsPatch: versionIn(root, "ts-patch"),
      overlay: versionIn(root, overlayPackage),
      backstitch: versionIn(root, "backstitch"),
    },
    patched: isPatched(root),
    own: ownPackage(),
    isDurable: (path) => durable?.has(path.replaceAll("\\", "/")) ?? mayHoldDurable(readFileSync(path, "utf8")),
    shown: (path) => relative(process.cwd(), path).replaceAll("\\", "/") || ".",
  };
}

/** A missing TypeScript is a finding, not a failure. */
function typeScriptOf(folder: string): typeof tsTypes | undefined {
  try {
    return loadTypeScript(folder);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function durableFiles(ts: typeof tsTypes, config: string): Config["durable"] {
  const parsed = ts.getParsedCommandLineOfConfigFile(config, undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  });
  if (parsed === undefined) return [];
  return parsed.fileNames
    .filter((source) => isDurableFile(ts, source))
    .map((source) => ({ source, output: outputOf(ts, parsed, source) }));
}

function isDurableFile(ts: typeof tsTypes, fileName: string): boolean {
  const text = /\.d\.[cm]?ts$/.test(fileName) ? undefined : ts.sys.readFile(fileName);
  return text !== undefined && compileSource(ts, { fileName, text }).result !== undefined;
}

function outputOf(ts: typeof tsTypes, parsed: tsTypes.ParsedCommandLine, source: string): string | undefined {
  if (parsed.options.noEmit) return undefined;
  const outputs = ts.getOutputFileNames(parsed, source, !ts.sys.useCaseSensitiveFileNames);
  return outputs.find((path) => /\.[cm]?jsx?$/.test(path));
}

function ownPackage(): Facts["own"] {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { exports: object };
  return { folder, version, entries: Object.keys(exports) };
}
