/** What can be told of a durable function beside what cannot be translated: the phase between analyse and lower. */
import type { Analysis } from "../analyse/analyse-unit.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import type { PackageImports } from "../discover/imports.ts";
import type { TypeScript } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import { checkAwaited } from "./awaited.ts";
import { checkCallbacks } from "./callbacks.ts";
import { checkCaptures } from "./captures.ts";
import { checkLiveValues } from "./live-values.ts";
import { checkLoops } from "./loops.ts";
import { checkRollbacks } from "./rollbacks.ts";
import { checkStepIds } from "./step-ids.ts";
import { checkEvent, checkSteps } from "./step-values.ts";
import type { Known } from "./storable.ts";
import { checkThis } from "./this-value.ts";
import type { TypeQueries } from "./type-queries.ts";

export interface Surroundings {
  readonly imports: PackageImports;
  readonly facts: FileFacts;
  readonly report: Reporter;
  readonly queries: TypeQueries | undefined;
}

/** One durable function with all that its checks need. */
export interface Check extends Surroundings {
  readonly ts: TypeScript;
  readonly analysis: Analysis;
}

export interface TypedCheck extends Check {
  readonly queries: TypeQueries;
  readonly known: Known;
}

export function checkUnits(
  ts: TypeScript,
  analyses: readonly Analysis[],
  { imports, facts, report, queries }: Surroundings,
): void {
  const known: Known = new Map();
  for (const analysis of analyses) {
    const check: Check = { ts, analysis, imports, facts, report, queries };
    checkAwaited(check);
    checkStepIds(check);
    checkCallbacks(check);
    checkCaptures(check);
    checkRollbacks(check);
    checkLoops(check);
    if (queries) checkTypes({ ...check, queries, known });
  }
}

function checkTypes(check: TypedCheck): void {
  checkEvent(check);
  checkSteps(check);
  checkLiveValues(check);
  checkThis(check);
}
