/** What holds for the names of a whole file, whatever their scope: enough to tell that a name cannot change. */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import { isLeaf, type Nodes } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";
import { isAssignment, isWrite } from "./targets.ts";

export interface FileFacts {
  /** Names that are assigned to somewhere in the file, declarations aside. */
  readonly assigned: ReadonlySet<string>;
  /** Names that are declared or imported somewhere in the file. */
  readonly declared: ReadonlySet<string>;
  /** Names of methods, fields and functions in objects that the file writes. */
  readonly members: ReadonlySet<string>;
  /** Where variables, functions and their like are declared, by their names. */
  readonly bindings: ReadonlyMap<string, readonly tsTypes.Identifier[]>;
  /** Some code of the file is evaluated as text, and may assign to what it sees. */
  readonly evaluates: boolean;
  readonly imports: PackageImports;
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

export function findFileFacts(ts: TypeScript, nodes: Nodes, imports: PackageImports): FileFacts {
  const assigned = new Set<string>();
  const declared = new Set<string>();
  const members = new Set<string>();
  const bindings = new Map<string, tsTypes.Identifier[]>();
  let evaluates = false;
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    const { text, parent } = name;
    if (isWrite(ts, name)) assigned.add(text);
    if (isMember(ts, name)) members.add(text);
    if (text === "eval" && ts.isCallExpression(parent) && parent.expression === name) evaluates = true;
    if (!isDeclaration(ts, name)) continue;
    declared.add(text);
    if (!isBinding(ts, parent)) continue;
    const known = bindings.get(text);
    if (known) known.push(name);
    else bindings.set(text, [name]);
  }
  for (const text of nodes.of<tsTypes.StringLiteral>(ts.SyntaxKind.StringLiteral)) {
    if (mayNameMember(ts, text)) members.add(text.text);
  }
  return { assigned, declared, members, bindings, evaluates, imports };
}

/** `{ "map": … }`, `{ ["map"]() { … } }` and `list["map"] = …` */
function mayNameMember(ts: TypeScript, { parent }: tsTypes.StringLiteral): boolean {
  if (ts.isElementAccessExpression(parent))
    return ts.isBinaryExpression(parent.parent) && parent.parent.left === parent;
  return ts.isComputedPropertyName(parent) || ts.isPropertyAssignment(parent) || ts.isClassElement(parent);
}

/** `map` in `{ map(f) { … } }`, `{ map: (f) => … }`, `{ map }`, `class { map = … }` and `list.map = …` */
function isMember(ts: TypeScript, name: tsTypes.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent)) {
    const { parent: around } = parent;
    return parent.name === name && ts.isBinaryExpression(around) && around.left === parent && isAssignment(ts, around);
  }
  if (ts.isPropertyAssignment(parent)) return parent.name === name && !isLeaf(ts, parent.initializer);
  const isDeclared = ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent) || ts.isGetAccessor(parent);
  return (isDeclared || ts.isShorthandPropertyAssignment(parent)) && parent.name === name;
}

/**
 * Whether a name that a unit does not declare has one value for as long as its scope lives. Any code may exchange a global
 * variable that is not of the language, and a module or namespace the variables that it exports. What our package exports it
 * does not exchange.
 */
export function isConstantName(ts: TypeScript, facts: FileFacts, node: tsTypes.Identifier): boolean {
  const { assigned, bindings, evaluates } = facts;
  const { named, namespaces } = facts.imports;
  const name = node.text;
  if (assigned.has(name)) return false;
  const seen = (bindings.get(name) ?? []).filter((declaration) => isSeenFrom(ts, declaration, node));
  if (seen.length === 0) return standardNames.has(name) || moduleNames.has(name);
  if (named.has(name) || namespaces.has(name)) return true;
  return !seen.some((declaration) => isForeign(ts, declaration) || (evaluates && isVariable(ts, declaration)));
}

function isDeclaration(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return false;
  return (parent as tsTypes.Node & { readonly name?: tsTypes.Node }).name === node;
}

/** Declarations whose names are those of values: members, types and signatures are none. */
function isBinding(ts: TypeScript, node: tsTypes.Node): boolean {
  const isImport = ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node);
  const isFunction = ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isClassLike(node);
  const isVariable = ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isParameter(node);
  const isOther = ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node) || ts.isImportEqualsDeclaration(node);
  return isImport || isFunction || isVariable || isOther;
}

/** Whether a use stands in the function, the namespace or the file that a declaration belongs to. */
function isSeenFrom(ts: TypeScript, { parent: declaration }: tsTypes.Identifier, use: tsTypes.Node): boolean {
  const isNamed = ts.isFunctionDeclaration(declaration) || ts.isModuleDeclaration(declaration);
  let around: tsTypes.Node = isNamed ? declaration.parent : declaration;
  while (!ts.isFunctionLike(around) && !ts.isModuleBlock(around) && !ts.isSourceFile(around)) around = around.parent;
  return around.pos <= use.pos && use.end <= around.end;
}

/**
 * A variable that others may assign to: `pay` in `import { pay } from "./pay.js"`, `import pay from …`, `declare let pay`,
 * `declare global { var pay; }`, `namespace N { export let pay; }`.
 */
function isForeign(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent)) return true;
  if (!isVariable(ts, node)) return false;
  const declaration = variableOf(ts, node) as tsTypes.VariableDeclaration;
  const isExported = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) !== 0;
  if (isExported && ts.isModuleBlock(declaration.parent.parent.parent)) return true;
  for (let at: tsTypes.Node = declaration; !ts.isSourceFile(at); at = at.parent) {
    if (ts.canHaveModifiers(at) && ts.getModifiers(at)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword))
      return true;
  }
  return false;
}

/** Of a declaration that does not say `const`. */
function isVariable(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const declaration = variableOf(ts, node);
  return declaration !== undefined && (declaration.parent.flags & ts.NodeFlags.Const) === 0;
}

function variableOf(ts: TypeScript, { parent }: tsTypes.Identifier): tsTypes.VariableDeclaration | undefined {
  let node: tsTypes.Node = parent;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node))
    node = node.parent;
  return ts.isVariableDeclaration(node) ? node : undefined;
}
