/** How values of modules stand in a frame: code, name, keys; behind these what an object holds that is within a value. */
import type { CodecExtension } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import type { Activation } from "./activation.ts";
import { valueAt, wasExchanged } from "./outer.ts";
import { holdsTheSame, type OuterPath } from "./outer-objects.ts";
import { goneCode, idIn } from "./registry.ts";
import { isObject } from "./thenables.ts";

export type OuterImage =
  | readonly [code: string, ...path: OuterPath, copy: object]
  | readonly [code: string, ...path: OuterPath];

export function outerValues(activation: Activation): CodecExtension {
  return {
    tag: "outer",
    takesProxies: true,
    matches: (value) => activation.outer.pathOfStored(value) !== undefined,
    encode: (value) => activation.outer.store(value),
    encodeSymbol: (value) => activation.outer.pathOf(value),
    make(parts) {
      const { id, path, copy } = outerParts(parts as OuterImage);
      const code = activation.code(id);
      const names = code && "outer" in code ? code.outer : undefined;
      // The code may have ended: the value is stored by its name all the same.
      if (code && "outer" in code) activation.outer.add(code, id);
      const value = names && valueAt(names, path);
      if (copy) return isObject(value) && holdsTheSame(value, copy) ? value : copy;
      if (names && value !== undefined) {
        if (!wasExchanged(names, path, value)) return value as object | symbol;
        throw exchangedFunction(id, path.join("."));
      }
      throw goneCode(id, `the function does not refer to ${JSON.stringify(path.join("."))}`);
    },
  };
}

export function outerParts([id, ...rest]: OuterImage): {
  readonly id: string;
  readonly path: OuterPath;
  readonly copy: object | undefined;
} {
  const last = rest.at(-1);
  if (typeof last !== "object") return { id, path: rest as unknown as OuterPath, copy: undefined };
  return { id, path: rest.slice(0, -1) as unknown as OuterPath, copy: last };
}

/** Which of two functions the run would mean is not to be guessed. */
function exchangedFunction(code: string, path: string): BackstitchError {
  return new BackstitchError("BS2103", {
    where: `${idIn(code)}: ${path} is another function than the one that the run keeps: it was assigned to while the run was parked`,
    fix: "Assign to it before runs begin. A new process continues the run, with the function that it has there; or cancel the run.",
  });
}
