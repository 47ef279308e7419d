/** Checks what an author gives to `createFunction` and makes the function that workers run. */
import { compiledInfo } from "./engine/compiled.ts";
import { BackstitchError } from "./faults.ts";
import { CODE_FORMAT } from "./manifest.ts";
import type { Middleware } from "./middleware/middleware.ts";
import { checkedMiddleware } from "./middleware/options.ts";
import { buildAdvice } from "./not-compiled.ts";
import { checkInteger, checkKeys, checkName } from "./options.ts";
import type { EventTrigger, RegisteredFunction } from "./types.ts";

const defaultRetries = 4;
const retriesRange = { least: 0, most: 100 };
const optionKeys = ["id", "name", "retries", "migrate", "middleware"];
const wrongOptions = "BS2003";

/**
 * @param args as given to `createFunction`: (options with triggers, handler) or (options, trigger, handler)
 * @param outer the middleware of the client
 * @throws BackstitchError when an option is wrong or the handler is not compiled
 */
export function makeFunction(args: readonly unknown[], outer: readonly Middleware[] = []): RegisteredFunction {
  const separateTrigger = args.length > 2;
  const [options, second, third] = args;
  const id = checkedId(options);
  const where = `function "${id}"`;
  checkKeys(options, separateTrigger ? optionKeys : [...optionKeys, "triggers"], where, wrongOptions);
  const { name, retries, triggers, migrate, middleware } = options as Readonly<Record<string, unknown>>;
  if (name !== undefined) checkName(name, "name", where, wrongOptions);
  const allowed = (retries === undefined ? defaultRetries : retries) as number;
  checkInteger(allowed, "retries", retriesRange, where, wrongOptions);
  return Object.freeze({
    id,
    name: name ?? id,
    retries: allowed,
    migrate: checkedMigrate(migrate, where),
    middleware: [...outer, ...checkedMiddleware(middleware, where, wrongOptions)],
    triggers: checkedTriggers(separateTrigger ? second : triggers, where),
    handler: checkedHandler(separateTrigger ? third : second, where),
  });
}

function checkedId(options: unknown): string {
  const id = typeof options === "object" && options !== null && "id" in options ? options.id : undefined;
  checkName(id, "id", "createFunction()", wrongOptions);
  return id;
}

function checkedTriggers(given: unknown, where: string): readonly EventTrigger[] {
  const triggers = Array.isArray(given) ? given : [given];
  if (given === undefined || triggers.length === 0) {
    throw new BackstitchError(wrongOptions, {
      where: `${where} has no trigger`,
      fix: 'Give `triggers: [{ event: "app/name" }]` in its options, or `{ event: "app/name" }` as the second argument.',
    });
  }
  return triggers.map((trigger: unknown) => {
    checkKeys(trigger, ["event"], `a trigger of ${where}`, wrongOptions);
    const { event } = trigger as { event?: unknown };
    checkName(event, "event", `a trigger of ${where}`, wrongOptions);
    return { event };
  });
}

function checkedMigrate(migrate: unknown, where: string): RegisteredFunction["migrate"] {
  if (migrate === undefined || typeof migrate === "function") return migrate as RegisteredFunction["migrate"];
  throw new BackstitchError(wrongOptions, {
    where: `${where} has a \`migrate\` that is no function`,
    fix: "Give a function that takes a stored frame and gives it back, or leave it out.",
  });
}

function checkedHandler(handler: unknown, where: string): RegisteredFunction["handler"] {
  if (typeof handler !== "function") {
    throw new BackstitchError(wrongOptions, {
      where: `${where} has no handler`,
      fix: "Give an async function as the last argument of createFunction().",
    });
  }
  const info = compiledInfo(handler);
  if (info === undefined) throw new BackstitchError("BS2001", { where, fix: buildAdvice() });
  if (info.format !== CODE_FORMAT) {
    throw new BackstitchError("BS2002", {
      where: `${where} has code format ${info.format}, this runtime runs format ${CODE_FORMAT}`,
      fix: "Install the same version of backstitch for the build and the worker, and build again.",
    });
  }
  return handler as RegisteredFunction["handler"];
}
