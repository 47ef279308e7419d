/** Scripts that build with `tsc`, which runs no plugins. */
import { join, resolve } from "node:path";
import { hasFlag, type Invocation, optionOf } from "../project/scripts.ts";
import { optionIn, readConfigChain } from "../project/tsconfig-chain.ts";
import type { Facts, Script } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { emits, hasNativeTypeScript } from "./routes.ts";

export const checkScripts: Check = (facts) => {
  if (facts.patched && !hasNativeTypeScript(facts)) return [];
  return facts.scripts.flatMap((script) =>
    script.invocations.filter(isTsc).flatMap((tsc) => checkTsc(facts, script, tsc)),
  );
};

function isTsc({ tool, args }: Invocation): boolean {
  const byPath = tool === "node" && /typescript[\\/](?:bin|lib)[\\/]tsc(?:\.js)?$/.test(args[0] ?? "");
  return (
    (tool === "tsc" || byPath) && !args.some((arg) => /^--(?:version|init|help|showConfig|clean)$|^-[vh]$/.test(arg))
  );
}

function checkTsc(facts: Facts, script: Script, tsc: Invocation): Finding[] {
  const project = optionOf(tsc, "-p", "--project");
  const config = resolve(facts.folder, project ?? ".");
  const path = config.endsWith(".json") ? config : join(config, "tsconfig.json");
  if (facts.configs.find((each) => each.path === path)?.durable?.length === 0) return [];

  const where = `${facts.shown(facts.packageJson.path)}, script "${script.name}"`;
  const command = script.text.slice(tsc.at.start, tsc.at.end);
  if (hasFlag(tsc, "--noEmit") || optionIn(readConfigChain(path), "noEmit")?.value === true) {
    return checkTypeCheck(facts, where, command);
  }
  const watches = hasFlag(tsc, "-w", "--watch");
  if (hasFlag(tsc, "--emitDeclarationOnly") || (!watches && isOverlaid(facts, script))) return [];
  return [
    {
      code: "script-uses-tsc",
      category: "error",
      where,
      what: `\`${command}\` compiles without the plugin.`,
      why: "tsc writes handlers as they are: these throw when they are registered.",
      fix: buildFix(facts, command, watches, project),
    },
  ];
}

function buildFix(facts: Facts, command: string, watches: boolean, project: string | undefined): string {
  if (!hasNativeTypeScript(facts)) return `Write \`${withTspc(command)}\``;
  if (watches) return "A watcher leaves no place for `backstitch emit`: build anew at each change instead.";
  return `Write \`${command} && backstitch emit${project === undefined ? "" : ` -p ${project}`}\``;
}

function withTspc(command: string): string {
  return command.replace(/(?:\bnode\s+)?\S*\btsc(?:\.js)?(?=\s|$)/, "tspc");
}

/** `tsc --noEmit` is a fine check of types; it only must not be the only check. */
function checkTypeCheck(facts: Facts, where: string, command: string): Finding[] {
  const isCheck = ({ tool, args }: Invocation) =>
    tool === "tspc" || (tool === "backstitch" && ["check", "emit"].includes(args[0] ?? ""));
  if (facts.scripts.some(({ invocations }) => invocations.some(isCheck))) return [];
  return [
    {
      code: "script-checks-types-only",
      category: "warning",
      where,
      what: `\`${command}\` checks types only, and no other script reports what cannot be compiled.`,
      why: "Such an error shows at the next build, or when the handler throws.",
      fix: hasNativeTypeScript(facts)
        ? `Write \`${command} && backstitch check\``
        : `Write \`${withTspc(command)}\`, or add \`backstitch check\``,
    },
  ];
}

/** Whether `backstitch emit` comes behind what a script builds: in it, in its `post` script, or in one that calls it. */
function isOverlaid({ scripts }: Facts, script: Script): boolean {
  const seen = new Set<string>();
  const reaches = (each: Script): boolean => {
    if (seen.has(each.name)) return false;
    seen.add(each.name);
    return emits(each) || scripts.some((other) => runsAfterOrAround(other, each.name) && reaches(other));
  };
  return reaches(script);
}

function runsAfterOrAround(other: Script, name: string): boolean {
  const calls = other.invocations.some(({ tool, args }) => tool === "run" && args[0] === name);
  return calls || other.name === `post${name}` || name === `pre${other.name}`;
}
