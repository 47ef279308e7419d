/** The entry of the plugin in tsconfig.json. */
import { readdirSync } from "node:fs";
import { findPluginEntry, type pluginEntry, pluginLine } from "../project/plugin-entry.ts";
import { optionIn } from "../project/tsconfig-chain.ts";
import type { Config, Facts } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { goesWithoutTsPatch, hasNativeTypeScript } from "./routes.ts";

export const checkConfigs: Check = (facts) => {
  if (facts.configs.length === 0) return [missingConfig(facts)];
  const relevant = facts.configs.filter(({ durable }) => durable === undefined || durable.length > 0);
  // A project that has no handler yet must be set up all the same.
  const checked = relevant.length > 0 ? relevant : facts.configs.slice(0, 1);
  return checked.flatMap((config) => [
    // TypeScript 7 reads no plugins.
    ...(hasNativeTypeScript(facts) ? [] : checkEntry(facts, config)),
    ...checkOutFile(facts, config),
  ]);
};

function missingConfig({ folder, shown }: Facts): Finding {
  const other = readdirSync(folder).find((name) => /^tsconfig\..*json$/.test(name));
  return {
    code: "tsconfig-missing",
    category: "error",
    where: shown(folder),
    what: "There is no tsconfig.json.",
    why: "It says which files are compiled, and names the plugin.",
    fix: other === undefined ? "npx backstitch init" : `npx backstitch doctor --project ${other}`,
  };
}

function checkEntry(facts: Facts, { path, chain }: Config): Finding[] {
  const { file, index, plugins, faults } = findPluginEntry(chain);
  if (index < 0) return [missingEntry(facts, path, chain)];
  const entry = plugins[index] as Readonly<Record<string, unknown>>;
  return faults.map((key): Finding => {
    const state = entry[key] === undefined ? `lacks "${key}"` : `has ${JSON.stringify(entry[key])} as its "${key}"`;
    return {
      code: `plugin-${key.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`,
      category: key === "name" ? "warning" : "error",
      where: facts.shown(file?.path ?? path),
      what: `The entry of the plugin ${state}.`,
      why: consequences[key],
      fix: `Write the entry as ${pluginLine}`,
    };
  });
}

const consequences = {
  name: "Editors find a plugin by its name, so they show none of its diagnostics.",
  transform: "ts-patch finds the plugin by this path. Without it nothing is compiled; with a wrong one tspc stops.",
  transformProgram: "ts-patch takes it for a plugin that transforms single files, and tspc stops with a TypeError.",
} as const satisfies Record<keyof typeof pluginEntry, string>;

function missingEntry(facts: Facts, path: string, chain: Config["chain"]): Finding {
  const replaced = chain.find((_, index) => findPluginEntry(chain.slice(index)).index >= 0);
  const replacing = optionIn(chain, "plugins")?.file.path ?? path;
  const optional = goesWithoutTsPatch(facts);
  return {
    code: replaced ? "plugin-entry-replaced" : "plugin-entry-missing",
    category: optional ? "warning" : "error",
    where: facts.shown(path),
    what: replaced
      ? `The plugin is named in ${facts.shown(replaced.path)}, whose \`plugins\` are replaced by those of ${facts.shown(replacing)}.`
      : "No entry of `plugins` names Backstitch.",
    why: optional
      ? "Your build does not need it; editors show no diagnostics without it."
      : "tspc writes handlers as they are: these throw when they are registered.",
    fix: `Add to \`plugins\` of \`compilerOptions\`: ${pluginLine} (\`npx backstitch init\` does it)`,
  };
}

function checkOutFile(facts: Facts, { chain }: Config): Finding[] {
  const outFile = optionIn(chain, "outFile");
  if (outFile === undefined) return [];
  return [
    {
      code: "out-file",
      category: "error",
      where: facts.shown(outFile.file.path),
      what: "`outFile` is set.",
      why: "A bundle has one source map for many files, of which only some are compiled, so the plugin refuses it.",
      fix: "Set `outDir` instead, and bundle what is written there.",
    },
  ];
}
