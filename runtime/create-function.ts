/** Checks what an author gives to `createFunction` and makes the function that workers run. */
import { registerCancelOn } from "./cancel-on.ts";
import type { Duration } from "./duration.ts";
import { endHandlerOf, endHandlers } from "./end-handlers.ts";
import { compiledInfo } from "./engine/compiled.ts";
import { retriesRange } from "./engine/step-options.ts";
import { BackstitchError } from "./faults.ts";
import { checkedFlow, flowKeys } from "./flow/options.ts";
import { CODE_FORMAT } from "./manifest.ts";
import type { Middleware } from "./middleware/middleware.ts";
import { checkedMiddleware } from "./middleware/options.ts";
import { buildAdvice } from "./not-compiled.ts";
import { anyLength, checkedLength, checkInteger, checkKeys, checkName } from "./options.ts";
import { checkedBackoff } from "./retry.ts";
import { registerTriggers } from "./triggers.ts";
import type { RegisteredFunction } from "./types.ts";

const defaultRetries = 4;
const optionKeys = [
  "id",
  "name",
  "description",
  "retries",
  "backoff",
  "timeouts",
  "parkTimeout",
  "cancelOn",
  "migrate",
  "onFailure",
  "onCancel",
  "middleware",
  ...flowKeys,
];
const wrongOptions = "BS2003";

/**
 * The function, and those that its `onFailure` and `onCancel` make.
 *
 * @param args as given to `createFunction`: (options with triggers, handler) or (options, trigger, handler)
 * @param outer the middleware of the client
 * @throws BackstitchError when an option is wrong or the handler is not compiled
 */
export function makeFunctions(
  args: readonly unknown[],
  outer: readonly Middleware[] = [],
): readonly [RegisteredFunction, ...RegisteredFunction[]] {
  const separateTrigger = args.length > 2;
  const [options, second, third] = args;
  const id = checkedId(options);
  const where = `function "${id}"`;
  checkKeys(options, separateTrigger ? optionKeys : [...optionKeys, "triggers"], where, wrongOptions);
  const { name, description, retries, backoff, timeouts, parkTimeout, cancelOn, triggers, migrate, middleware } =
    options as Readonly<Record<string, unknown>>;
  if (name !== undefined) checkName(name, "name", where, wrongOptions);
  if (description !== undefined) checkName(description, "description", where, wrongOptions);
  const allowed = (retries === undefined ? defaultRetries : retries) as number;
  checkInteger(allowed, "retries", retriesRange, where, wrongOptions);
  const within = [...outer, ...checkedMiddleware(middleware, where, wrongOptions)];
  const common = {
    ...{ id, name: name ?? id, retries: allowed, middleware: within },
    ...(backoff !== undefined && { backoff: checkedBackoff(backoff, where, wrongOptions) }),
  };
  const handlers = endHandlers.flatMap(([option, suffix]) => {
    const handler = (options as Readonly<Record<string, unknown>>)[option];
    if (handler === undefined) return [];
    return [[option, endHandlerOf(common, suffix, checkedHandler(handler, `\`${option}\` of ${where}`))] as const];
  });
  const made: RegisteredFunction = Object.freeze({
    ...common,
    ...Object.fromEntries(handlers.map(([option, handler]) => [option, handler.id])),
    cancelOn: registerCancelOn(cancelOn, where),
    timeouts: checkedTimeouts(timeouts, where),
    ...(parkTimeout !== undefined && {
      parkTimeoutMs: checkedLength(parkTimeout as Duration, "parkTimeout", anyLength, where, wrongOptions),
    }),
    flow: checkedFlow(options as Readonly<Record<string, unknown>>, where),
    migrate: checkedMigrate(migrate, where),
    triggers: registerTriggers(separateTrigger ? second : triggers, where),
    handler: checkedHandler(separateTrigger ? third : second, where),
  });
  return [made, ...handlers.map(([, handler]) => handler)];
}

function checkedId(options: unknown): string {
  const id = typeof options === "object" && options !== null && "id" in options ? options.id : undefined;
  checkName(id, "id", "createFunction()", wrongOptions);
  return id;
}

function checkedTimeouts(given: unknown, where: string): RegisteredFunction["timeouts"] {
  if (given === undefined) return undefined;
  checkKeys(given, ["start", "finish"], `\`timeouts\` of ${where}`, wrongOptions);
  const { start, finish } = given as { start?: Duration; finish?: Duration };
  return {
    ...(start !== undefined && { startMs: checkedLength(start, "timeouts.start", anyLength, where, wrongOptions) }),
    ...(finish !== undefined && { finishMs: checkedLength(finish, "timeouts.finish", anyLength, where, wrongOptions) }),
  };
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
