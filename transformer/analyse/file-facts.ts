/** What holds for the names of a whole file, whatever their scope: enough to tell that a name cannot change. */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";
import { isWrite } from "./targets.ts";

export interface FileFacts {
  /** Names that are assigned to somewhere in the file, declarations aside. */
  readonly assigned: ReadonlySet<string>;
  /** Names that are declared or imported somewhere in the file. */
  readonly declared: ReadonlySet<string>;
  /**
   * Names of variables that others may assign to: exports of modules and namespaces, `declare let`. Namespaces themselves and
   * what our package exports are not among them.
   */
  readonly foreign: ReadonlySet<string>;
}

/** Names that every process has, whose values the codec knows; and `undefined` and its like. */
export const standardNames: ReadonlySet<string> = new Set(
  [
    "AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError",
    "FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON",
    "Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol",
    "SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet",
    "decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt",
    "undefined unescape Buffer URL URLSearchParams console crypto fetch process setTimeout structuredClone",
  ].flatMap((line) => line.split(" ")),
);

/** What each CommonJS module is called with. */
const moduleNames: ReadonlySet<string> = new Set(["exports", "module", "require", "__dirname", "__filename"]);

export function findFileFacts(ts: TypeScript, nodes: Nodes, { named, namespaces }: PackageImports): FileFacts {
  const assigned = new Set<string>();
  const declared = new Set<string>();
  const foreign = new Set<string>();
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    const { text } = name;
    if (isWrite(ts, name)) assigned.add(text);
    if (isDeclaration(ts, name)) declared.add(text);
    if (isForeign(ts, name) && !named.has(text) && !namespaces.has(text)) foreign.add(text);
  }
  return { assigned, declared, foreign };
}

/**
 * Whether a name that a unit does not declare has one value for as long as the module lives. Any code may exchange a
 * global variable that is not of the language, and a module the variables that it exports.
 */
export function isConstantName({ assigned, declared, foreign }: FileFacts, name: string): boolean {
  if (assigned.has(name) || foreign.has(name)) return false;
  return declared.has(name) || standardNames.has(name) || moduleNames.has(name);
}

function isDeclaration(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return false;
  return (parent as tsTypes.Node & { readonly name?: tsTypes.Node }).name === node;
}

/** `pay` in `import { pay } from "./pay.js"`, `import pay from …`, `declare let pay`, `namespace N { export let pay; }`. */
function isForeign(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent)) return parent.name === node;
  if (!ts.isVariableDeclaration(parent) || parent.name !== node) return false;
  if ((parent.parent.flags & ts.NodeFlags.Const) !== 0) return false;
  const modifiers = ts.getCombinedModifierFlags(parent);
  const isOfNamespace = (modifiers & ts.ModifierFlags.Export) !== 0 && ts.isModuleBlock(parent.parent.parent.parent);
  return isOfNamespace || (modifiers & ts.ModifierFlags.Ambient) !== 0;
}
