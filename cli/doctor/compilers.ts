/** What is installed: whether it is there, fits together, and can run the plugin. */
import { installCommand } from "../project/package-manager.ts";
import { install, isTooOld, mismatchOf } from "../project/toolchain.ts";
import { isBelow } from "../project/versions.ts";
import type { Facts } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { goesWithoutTsPatch, hasNativeTypeScript, routesOf } from "./routes.ts";

const firstNode = "20.19.0";

export const checkNode: Check = ({ versions: { node } }) => {
  if (!isBelow(node, firstNode)) return [];
  return [
    {
      code: "node-too-old",
      category: "error",
      where: process.execPath,
      what: `Node ${node} is older than ${firstNode}.`,
      why: "The runtime and its dependencies need what Node has only since then.",
      fix: "Install Node 22 or later, also where the version is named: .nvmrc, `engines`, the image of your CI.",
    },
  ];
};

export const checkTypeScript: Check = (facts) => {
  const { folder, versions, shown, packageJson } = facts;
  const where = shown(packageJson.path);
  const fix = installCommand(folder, { dev: true }, install.typescript, install.tsPatch);
  if (versions.typescript === undefined) {
    return [
      {
        code: "typescript-missing",
        category: "error",
        where,
        what: "TypeScript is not installed.",
        why: "The compiler of Backstitch works on what TypeScript has parsed.",
        fix,
      },
    ];
  }
  if (isTooOld(versions.typescript)) {
    return [
      {
        code: "typescript-too-old",
        category: "error",
        where,
        what: `TypeScript ${versions.typescript} is older than 5.8.`,
        why: "The plugin refuses it, and nothing is compiled.",
        fix,
      },
    ];
  }
  return hasNativeTypeScript(facts)
    ? [...checkTspcOnNative(facts), ...checkOverlay(facts, where)]
    : checkTsPatch(facts, versions.typescript, where);
};

function checkTspcOnNative({ scripts, packageJson, shown, versions }: Facts): Finding[] {
  return scripts
    .filter(({ invocations }) => invocations.some(({ tool }) => tool === "tspc"))
    .map(({ name }) => ({
      code: "tspc-on-typescript-7",
      category: "error",
      where: `${shown(packageJson.path)}, script "${name}"`,
      what: `tspc does not work with TypeScript ${versions.typescript}.`,
      why: "ts-patch patches the compiler in JavaScript, which TypeScript 7 does not have: tspc stops with a TypeError.",
      fix: "Write `tsc && backstitch emit` in place of `tspc`.",
    }));
}

function checkOverlay(facts: Facts, where: string): Finding[] {
  const { typescript, overlay } = facts.versions;
  const routes = routesOf(facts);
  const found: Finding[] = [];
  if (!routes.emit && !routes.bundler) {
    found.push({
      code: "typescript-7-without-overlay",
      category: "error",
      where,
      what: `TypeScript ${typescript} takes no plugins, and no script runs \`backstitch emit\`.`,
      why: "tsc 7 ignores `plugins` without a word and writes handlers as they are: these throw when they are registered.",
      fix: "Run `backstitch emit` behind `tsc`; `npx backstitch init` changes the scripts.",
    });
  }
  if (overlay === undefined) {
    found.push({
      code: "overlay-missing",
      category: "error",
      where,
      what: `TypeScript ${typescript} has no compiler API, and no other TypeScript stands beside it.`,
      why: "`backstitch check` and `backstitch emit` work with a TypeScript 6 of their own.",
      fix: installCommand(facts.folder, { dev: true }, install.overlay),
    });
  }
  return found;
}

function checkTsPatch(facts: Facts, typescript: string, where: string): Finding[] {
  const { folder, versions } = facts;
  if (goesWithoutTsPatch(facts)) return [];
  if (versions.tsPatch === undefined) {
    return [
      {
        code: "ts-patch-missing",
        category: "error",
        where,
        what: "ts-patch is not installed.",
        why: "tsc alone runs no plugins; `tspc` of ts-patch is tsc with plugins.",
        fix: installCommand(folder, { dev: true }, install.tsPatch),
      },
    ];
  }
  const why = mismatchOf(typescript, versions.tsPatch, versions.node);
  if (why === undefined) return [];
  return [
    {
      code: "pair-mismatch",
      category: "error",
      where,
      what: `TypeScript ${typescript}, ts-patch ${versions.tsPatch} and Node ${versions.node} do not fit together.`,
      why,
      fix: installCommand(folder, { dev: true }, install.tsPatch),
    },
  ];
}
