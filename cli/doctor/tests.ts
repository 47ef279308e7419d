/** Test runners that transpile each file for itself, without the plugin. */
import { join } from "node:path";
import type { Facts } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { durableFileBehind, testFiles } from "./reach.ts";
import { compileFirst, configFiles, pluginFix } from "./routes.ts";

export const checkTests: Check = (facts) => {
  const vitest = configFiles(facts.folder, "vitest", "vite");
  const jest = configFiles(facts.folder, "jest");
  const runners = [
    {
      name: "vitest",
      used: isUsed(facts, "vitest") || vitest.some(({ path }) => path.includes("vitest.")),
      configs: vitest,
      fix: pluginFix(facts, "vite", "Configure vitest"),
    },
    {
      name: "jest",
      used: isUsed(facts, "jest") || jest.length > 0 || facts.packageJson.value.jest !== undefined,
      configs: jest,
      fix: compileFirst(facts),
    },
  ];
  return runners
    .filter(({ used, configs }) => used && !configs.some(({ text }) => text.includes("backstitch/")))
    .flatMap(({ name, configs, fix }) => checkRunner(facts, name, configs[0]?.path, fix));
};

function checkRunner(facts: Facts, name: string, config: string | undefined, fix: string): Finding[] {
  const tests = testFiles(facts.folder);
  const behind = tests.map((test) => ({ test, durable: durableFileBehind(test, facts) }));
  const [first] = behind.filter(({ durable }) => durable !== undefined);
  if (first?.durable === undefined) return [];
  return [
    {
      code: "tests-without-plugin",
      category: "error",
      where: facts.shown(config ?? join(facts.folder, "package.json")),
      what: `${name} runs without our plugin, and ${facts.shown(first.test)} loads ${facts.shown(first.durable)}.`,
      why: `${name} transpiles each file for itself: the handlers that are tested throw when they are registered.`,
      fix,
    },
  ];
}

function isUsed({ scripts, packageJson }: Facts, tool: string): boolean {
  const { devDependencies = {} } = packageJson.value;
  return tool in devDependencies || scripts.some(({ invocations }) => invocations.some((each) => each.tool === tool));
}
