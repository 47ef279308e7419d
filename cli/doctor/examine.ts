/** All that the doctor looks at. */
import { checkBundlers } from "./bundlers.ts";
import { checkNode, checkTypeScript } from "./compilers.ts";
import { checkConfigs } from "./configs.ts";
import { checkCopies } from "./copies.ts";
import type { Facts } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { checkOutput } from "./output.ts";
import { checkRunners } from "./runners.ts";
import { checkScripts } from "./scripts.ts";
import { checkTests } from "./tests.ts";

/** In the order in which findings are best mended. */
const checks: readonly Check[] = [
  checkNode,
  checkCopies,
  checkTypeScript,
  checkConfigs,
  checkScripts,
  checkRunners,
  checkBundlers,
  checkTests,
  checkOutput,
];

export function examine(facts: Facts): Finding[] {
  return checks.flatMap((check) => check(facts));
}
