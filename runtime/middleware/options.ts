/** Checks what is given as `middleware`. */
import { BackstitchError, type BackstitchErrorCode } from "../faults.ts";
import { checkKeys, checkName } from "../options.ts";
import type { Middleware } from "./middleware.ts";

const hooks = [
  "onRunStart",
  "onRunEnd",
  "wrapFunction",
  "transformContext",
  "wrapStep",
  "transformStepInput",
  "transformStepOutput",
  "wrapSend",
  "transformSend",
] as const satisfies readonly (keyof Middleware)[];

/** @param owner names whose option it is, e.g. `new Backstitch()` */
export function checkedMiddleware(given: unknown, owner: string, code: BackstitchErrorCode): readonly Middleware[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) {
    throw new BackstitchError(code, { where: `\`middleware\` of ${owner} is no list`, fix: "Give an array." });
  }
  for (const one of given) checkMiddleware(one, owner, code);
  return Object.freeze([...given]);
}

function checkMiddleware(given: unknown, owner: string, code: BackstitchErrorCode): void {
  const where = `a middleware of ${owner}`;
  // One of a class has its hooks, and what else it likes, on its prototype.
  if (given !== null && typeof given === "object" && !isPlain(given)) return checkHooks(given, where, code);
  checkKeys(given, ["name", ...hooks], where, code);
  checkHooks(given as object, where, code);
}

function checkHooks(given: object, where: string, code: BackstitchErrorCode): void {
  const middleware = given as Readonly<Record<string, unknown>>;
  checkName(middleware["name"], "name", where, code);
  for (const hook of hooks) {
    if (middleware[hook] === undefined || typeof middleware[hook] === "function") continue;
    throw new BackstitchError(code, {
      where: `\`${hook}\` of the middleware "${middleware["name"]}" of ${where.slice("a middleware of ".length)} is no function`,
      fix: "Give a function, or leave it out.",
    });
  }
}

function isPlain(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === Object.prototype || prototype === null;
}
