/** The option `concurrency`. */
import { compileExpression } from "../expressions.ts";
import { BackstitchError } from "../faults.ts";
import { checkInteger, checkKeys } from "../options.ts";
import type { Limit } from "./pools.ts";

const code = "BS2040";
const limits = { least: 1, most: 10_000 };
const scopes = ["fn", "env", "account"] as const;

/** @throws BackstitchError BS2040, or BS2017 when a key is wrong */
export function checkedConcurrency(given: unknown, where: string): readonly Limit[] {
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length < 1 || list.length > 2) {
    throw new BackstitchError(code, {
      where: `\`concurrency\` of ${where} has ${list.length} limits`,
      fix: "Give one or two.",
    });
  }
  return list.map((limit) => checkedLimit(limit, `\`concurrency\` of ${where}`));
}

function checkedLimit(given: unknown, where: string): Limit {
  const options = typeof given === "number" ? { limit: given } : given;
  checkKeys(options, ["limit", "key", "scope"], where, code);
  const { limit, key, scope = "fn" } = options as { limit: number; key?: unknown; scope?: Limit["scope"] };
  checkInteger(limit, "limit", limits, where, code);
  if (!scopes.includes(scope)) {
    throw new BackstitchError(code, {
      where: `\`scope\` of ${where} is ${JSON.stringify(scope)}`,
      fix: 'Give "fn", "env" or "account".',
    });
  }
  if (key === undefined && scope !== "fn") {
    throw new BackstitchError(code, {
      where: `${where} has the scope "${scope}" and no \`key\``,
      fix: "Give a key, so that it is plain what shares the limit; a constant such as '\"openai\"' will do.",
    });
  }
  const site = { field: `\`key\` of ${where}`, variables: ["event"], gives: "key" } as const;
  return { limit, scope, key: key === undefined ? undefined : compileExpression(key, site) };
}
