/**
 * Which functions the compiler made.
 *
 * The table hangs on a global symbol, so that two copies of the package in one process agree: a workflow file may
 * resolve another copy than the one that registers its functions.
 */
import { SafeWeakMap } from "../codec/index.ts";
import type { CodeInfo } from "../manifest.ts";

const tableKey = Symbol.for("backstitch.compiled-functions");

type CompiledTable = WeakMap<object, CodeInfo>;

function compiledTable(): CompiledTable {
  const holder = globalThis as { [tableKey]?: CompiledTable };
  holder[tableKey] ??= new SafeWeakMap();
  return holder[tableKey];
}

/** Records that `fn` is compiled code. Called by `$.durable` only. */
export function markCompiled(fn: object, info: CodeInfo): void {
  compiledTable().set(fn, info);
}

/** What the build said of `fn`; undefined when the compiler did not make it. */
export function compiledInfo(fn: object): CodeInfo | undefined {
  return compiledTable().get(fn);
}
