/** References to functions whose module is not imported: of another app, or one that would import this one again. */
import { checkKeys, checkName } from "./options.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import type { BackstitchFunction, FunctionReference, Untyped } from "./types.ts";

type DataOfFunction<Fn> = Fn extends BackstitchFunction<infer Event, Untyped> ? Event["data"] : Untyped;
type OutputOfFunction<Fn> = Fn extends BackstitchFunction<Untyped, infer Output> ? Awaited<Output> : Untyped;

/** Schemas of what a function takes and gives, for types only: the function itself checks what it is given. */
export interface ReferenceSchemas<Data = Untyped, Return = Untyped> {
  readonly data?: StandardSchemaV1<Data, Untyped> | undefined;
  readonly return?: StandardSchemaV1<Untyped, Return> | undefined;
}

/**
 * Names a function for `step.invoke`, typed by the function itself or by schemas.
 *
 * @throws BackstitchError BS2006 when an option is wrong
 * @example
 * import type { printLabel } from "./print-label.js";
 *
 * const label = await step.invoke("print-label", {
 *   function: referenceFunction<typeof printLabel>({ functionId: "print-label" }),
 *   data: { order },
 * });
 */
export function referenceFunction<Fn extends BackstitchFunction<Untyped, Untyped>>(options: {
  readonly functionId: string;
  readonly appId?: string | undefined;
}): FunctionReference<DataOfFunction<Fn>, OutputOfFunction<Fn>>;
export function referenceFunction<Data = Untyped, Return = Untyped>(options: {
  readonly functionId: string;
  readonly appId?: string | undefined;
  readonly schemas?: ReferenceSchemas<Data, Return> | undefined;
}): FunctionReference<Data, Return>;
export function referenceFunction(options: {
  readonly functionId: string;
  readonly appId?: string | undefined;
}): FunctionReference {
  const where = "referenceFunction()";
  checkKeys(options, ["functionId", "appId", "schemas"], where, "BS2006");
  const { functionId, appId } = options;
  checkName(functionId, "functionId", where, "BS2006");
  if (appId !== undefined) checkName(appId, "appId", where, "BS2006");
  return { functionId, ...(appId !== undefined && { appId }) };
}
