/** How values of modules stand in a frame: code, name, keys; behind these what an object holds that is within a value. */
import type { CodecExtension } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import type { Activation } from "./activation.ts";
import { type OuterNames, pathKey, pathWithin, valueAt, wasThere } from "./outer.ts";
import { holdsTheSame } from "./outer-copies.ts";
import { wasExchanged } from "./outer-notes.ts";
import type { OuterPath } from "./outer-objects.ts";
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
      const value = names && found(names, path, copy, activation.outer.ofFrame?.get(pathKey(id, path)));
      if (value !== undefined) return value;
      if (copy) return copy;
      const name = path.join(".");
      if (names && valueAt(names, path) !== undefined) throw exchangedFunction(id, name);
      throw goneCode(id, `the function does not refer to ${JSON.stringify(name)}`);
    },
  };
}

/**
 * The module's own value. What this process stored is meant, wherever the module has it now. What a frame of another process means
 * is told by what it holds, and is none of what runs have put into the module here. So is what code of the run may have changed
 * that is to run again.
 */
function found(
  names: OuterNames,
  path: OuterPath,
  copy: object | undefined,
  stored: WeakRef<object> | undefined,
): object | symbol | undefined {
  const value = valueAt(names, path);
  if (stored) {
    const own = stored.deref();
    return own && (own === value || pathWithin(names, own, true) !== undefined) ? own : undefined;
  }
  if (!copy) return wasExchanged(names, path, value) ? undefined : (value as object | symbol | undefined);
  return isObject(value) && wasThere(names, value) && holdsTheSame(value, copy) ? value : undefined;
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
