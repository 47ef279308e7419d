/**
 * Names of a unit: scopes, declarations and who refers to them, from syntax alone.
 *
 * One walk that declares, and notes who may refer to what. Declarations hoist: what is noted is looked up when all are known.
 * Names that the unit does not declare are not ours and stay as they are.
 */
import type tsTypes from "typescript";
import { isErased } from "../discover/nodes.ts";
import type { Binding, BindingKind, NestedFunction, Reference, Scope, ScopeKind, TypeScript, Unit } from "../ir.ts";
import { hasBodyScope } from "./body-scopes.ts";
import { isConstant } from "./early.ts";
import { evaluatedWords, isDirectEval } from "./evals.ts";
import { isGeneratorMethod } from "./generators.ts";
import { accessOf, isReference } from "./targets.ts";

export interface Bindings {
  readonly all: Binding[];
  /** Scope that a node opens. */
  readonly scopes: ReadonlyMap<tsTypes.Node, Scope>;
  readonly root: Scope;
  /** Binding that an identifier declares or refers to. */
  readonly byIdentifier: ReadonlyMap<tsTypes.Node, Binding>;
  /** Identifiers that are assigned to, declarations left out. */
  readonly writes: ReadonlySet<tsTypes.Identifier>;
  /** Variables of the unit that the text of a direct `eval` may name, by call. */
  readonly evaluated: ReadonlyMap<tsTypes.Node, readonly Binding[]>;
}

/** An identifier, `this`, `super`, `new.target` or a direct `eval`, and the scope that it stands in. */
interface Use {
  readonly node: tsTypes.Node;
  readonly scope: Scope;
}

interface State {
  readonly ts: TypeScript;
  readonly unit: Unit;
  /** Declares in a child of the node that is being looked at; `scope` is that of its children. */
  readonly inside: (child: tsTypes.Node) => void;
  scope: Scope | undefined;
  readonly uses: Use[];
  readonly all: Binding[];
  readonly scopes: Map<tsTypes.Node, Scope>;
  readonly byIdentifier: Map<tsTypes.Node, Binding>;
  readonly writes: Set<tsTypes.Identifier>;
  readonly evaluated: Map<tsTypes.Node, readonly Binding[]>;
}

export function bindNames(ts: TypeScript, unit: Unit): Bindings {
  const state: State = {
    ts,
    unit,
    inside: (child) => declareIn(state, child, state.scope as Scope),
    scope: undefined,
    uses: [],
    all: [],
    scopes: new Map(),
    byIdentifier: new Map(),
    writes: new Set(),
    evaluated: new Map(),
  };
  const root = openScope(state, unit.fn, "function", undefined);
  declareParts(state, unit.fn, root);
  for (const use of state.uses) resolve(state, use);
  const { all, scopes, byIdentifier, writes, evaluated } = state;
  return { all, scopes, root, byIdentifier, writes, evaluated };
}

// Declarations ----------------------------------------------------------------------------------------------------

function openScope(state: State, node: tsTypes.Node, kind: ScopeKind, parent: Scope | undefined): Scope {
  const scope: Scope = { kind, node, parent, names: new Map(), inlined: false };
  state.scopes.set(node, scope);
  return scope;
}

function declare(state: State, scope: Scope, name: tsTypes.Identifier, kind: BindingKind): Binding {
  let binding = scope.names.get(name.text);
  // What a function expression declares hides its own name.
  if (binding && binding.kind !== "self") binding.reassigned = true;
  else binding = addBinding(state, scope, name.text, kind);
  binding.declarations.push(name);
  state.byIdentifier.set(name, binding);
  return binding;
}

function addBinding(state: State, scope: Scope, name: string, kind: BindingKind): Binding {
  const index = state.all.length;
  const binding: Binding = { name, kind, scope, index, declarations: [], references: [], reassigned: false };
  scope.names.set(name, binding);
  state.all.push(binding);
  return binding;
}

/** The body of a function or of a unit: its statements share the function's scope. */
function declareBody(state: State, body: tsTypes.Node, scope: Scope): void {
  if (state.ts.isBlock(body)) declareChildren(state, body, scope);
  else declareIn(state, body, scope);
}

function declareChildren(state: State, node: tsTypes.Node, scope: Scope): void {
  const outer = state.scope;
  state.scope = scope;
  state.ts.forEachChild(node, state.inside);
  state.scope = outer;
}

function declareIn(state: State, node: tsTypes.Node, scope: Scope): void {
  const { ts } = state;
  const { kind: own } = node;
  if (own === ts.SyntaxKind.Identifier) {
    if (isReference(ts, node as tsTypes.Identifier)) state.uses.push({ node, scope });
    return;
  }
  if (isOfCall(ts, node, own) || isDirectEval(ts, node)) state.uses.push({ node, scope });
  if (own < ts.SyntaxKind.FirstNode || isErased(ts, node)) return;
  declareOwn(state, node, own, scope);
  const kind = scopeKind(ts, own);
  if (kind === undefined) {
    declareChildren(state, node, scope);
    return;
  }
  const inner = openScope(state, node, kind, scope);
  if (ts.isFunctionLike(node)) declareFunction(state, node, scope, inner);
  else if (ts.isClassStaticBlockDeclaration(node)) declareBody(state, node.body, inner);
  else if (ts.isCatchClause(node)) declareCatch(state, node, inner);
  else {
    if (ts.isClassLike(node) && node.name) declareInside(state, inner, node.name);
    declareChildren(state, node, inner);
  }
}

/** The names that a node declares in the scope around it. */
function declareOwn(state: State, node: tsTypes.Node, kind: tsTypes.SyntaxKind, scope: Scope): void {
  const { SyntaxKind } = state.ts;
  switch (kind) {
    case SyntaxKind.VariableDeclarationList:
      return declareList(state, node as tsTypes.VariableDeclarationList, scope);
    case SyntaxKind.Parameter:
      return declarePattern(state, (node as tsTypes.ParameterDeclaration).name, scope, "param");
    case SyntaxKind.FunctionDeclaration: {
      const { name } = node as tsTypes.FunctionDeclaration;
      if (name) declare(state, scope, name, "function").closure = node;
      return;
    }
    case SyntaxKind.ClassDeclaration: {
      const { name } = node as tsTypes.ClassDeclaration;
      if (name) declare(state, scope, name, "class");
    }
  }
}

function declareList(state: State, list: tsTypes.VariableDeclarationList, scope: Scope): void {
  const kind = listKind(state.ts, list);
  const target = targetScope(state.ts, list, scope);
  for (const { name } of list.declarations) {
    declarePattern(state, name, target, kind);
    if (kind === "var") assignCaught(state, name, scope);
  }
  noteClosures(state, list, scope);
}

/** `super.x` is a property of what the `this` around it inherits from. */
function isOfCall(ts: TypeScript, node: tsTypes.Node, kind: tsTypes.SyntaxKind): boolean {
  if (kind === ts.SyntaxKind.ThisKeyword || kind === ts.SyntaxKind.SuperKeyword) return true;
  return ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.NewKeyword;
}

/** A computed name is evaluated where the function is made. */
function declareFunction(state: State, node: tsTypes.SignatureDeclaration, outer: Scope, inner: Scope): void {
  const { ts } = state;
  if (ts.isFunctionExpression(node) && node.name) declare(state, inner, node.name, "self");
  if (node.name && ts.isComputedPropertyName(node.name)) declareIn(state, node.name, outer);
  declareParts(state, node, inner);
}

/** Parameters and body. */
function declareParts(state: State, fn: tsTypes.SignatureDeclaration, inner: Scope): void {
  const { body } = fn as tsTypes.FunctionLikeDeclaration;
  for (const parameter of fn.parameters) declareIn(state, parameter, inner);
  if (!body) return;
  const scope = hasBodyScope(state.ts, fn) ? openScope(state, body, "body", inner) : inner;
  declareBody(state, body, scope);
}

/** The block of a catch clause shares the scope of its parameter: no name can be declared in both. */
function declareCatch(state: State, node: tsTypes.CatchClause, inner: Scope): void {
  const { variableDeclaration: caught } = node;
  if (caught) {
    declarePattern(state, caught.name, inner, "catch");
    declareIn(state, caught, inner);
  }
  declareChildren(state, node.block, inner);
}

function declarePattern(state: State, name: tsTypes.BindingName, scope: Scope, kind: BindingKind): void {
  const { ts } = state;
  if (ts.isIdentifier(name)) {
    declare(state, scope, name, kind);
    return;
  }
  for (const element of name.elements) {
    if (ts.isBindingElement(element)) declarePattern(state, element.name, scope, kind);
  }
}

/** `catch (e) { var e = 1; }`: the variable is the function's, but what its declaration assigns to is what was caught. */
function assignCaught(state: State, name: tsTypes.BindingName, from: Scope): void {
  const { ts } = state;
  if (!ts.isIdentifier(name)) {
    for (const element of name.elements) if (ts.isBindingElement(element)) assignCaught(state, element.name, from);
    return;
  }
  let scope: Scope | undefined = from;
  while (scope && scope.kind !== "function" && scope.names.get(name.text)?.kind !== "catch") scope = scope.parent;
  const caught = scope?.names.get(name.text);
  if (caught?.kind !== "catch") return;
  caught.reassigned = true;
  caught.declarations.push(name);
  state.byIdentifier.set(name, caught);
}

function noteClosures(state: State, list: tsTypes.VariableDeclarationList, scope: Scope): void {
  const { ts } = state;
  if ((list.flags & ts.NodeFlags.BlockScoped) !== ts.NodeFlags.Const) return;
  for (const { name, initializer } of list.declarations) {
    if (!ts.isIdentifier(name) || !initializer) continue;
    if (!ts.isArrowFunction(initializer) && !ts.isFunctionExpression(initializer)) continue;
    const binding = scope.names.get(name.text);
    if (binding) binding.closure = initializer;
  }
}

function listKind(ts: TypeScript, list: tsTypes.VariableDeclarationList): BindingKind {
  if (list.flags & ts.NodeFlags.Let) return "let";
  return list.flags & ts.NodeFlags.BlockScoped ? "const" : "var";
}

/** `var` belongs to the nearest function, everything else to the scope it stands in. */
function targetScope(ts: TypeScript, list: tsTypes.VariableDeclarationList, scope: Scope): Scope {
  if (list.flags & ts.NodeFlags.BlockScoped) return scope;
  let target = scope;
  while (target.kind !== "function" && target.kind !== "body" && target.parent) target = target.parent;
  return target;
}

/** The scope that a node opens, if it opens one. */
function scopeKind({ SyntaxKind }: TypeScript, kind: tsTypes.SyntaxKind): ScopeKind | undefined {
  switch (kind) {
    case SyntaxKind.Block:
      return "block";
    case SyntaxKind.CatchClause:
      return "catch";
    case SyntaxKind.CaseBlock:
      return "switch";
    case SyntaxKind.ForStatement:
    case SyntaxKind.ForInStatement:
    case SyntaxKind.ForOfStatement:
      return "loop";
    case SyntaxKind.ClassDeclaration:
    case SyntaxKind.ClassExpression:
      return "class";
    case SyntaxKind.ClassStaticBlockDeclaration:
    case SyntaxKind.ArrowFunction:
    case SyntaxKind.Constructor:
    case SyntaxKind.FunctionDeclaration:
    case SyntaxKind.FunctionExpression:
    case SyntaxKind.GetAccessor:
    case SyntaxKind.IndexSignature:
    case SyntaxKind.MethodDeclaration:
    case SyntaxKind.SetAccessor:
      return "function";
    default:
      return undefined;
  }
}

/** In its own body, a class is known by a constant of its own. The identifier stays that of the outer name, if any. */
function declareInside(state: State, inner: Scope, name: tsTypes.Identifier): void {
  const outer = state.byIdentifier.get(name);
  declare(state, inner, name, "class");
  if (outer) state.byIdentifier.set(name, outer);
}

// References ------------------------------------------------------------------------------------------------------

function resolve(state: State, { node, scope }: Use): void {
  const { ts } = state;
  if (ts.isIdentifier(node)) refer(state, node, scope);
  else if (ts.isCallExpression(node)) referToAll(state, node, scope);
  else referToCall(state, node, ts.isMetaProperty(node) ? "new" : "this", scope);
}

/**
 * `this`, `arguments` or `new.target` in an arrow function is that of the function around it. When that one is nested in the unit, the
 * arrow function may live longer than its call, and takes what it needs along like a variable.
 */
function referToCall(state: State, node: tsTypes.Node, name: "this" | "arguments" | "new", scope: Scope): void {
  const { ts } = state;
  let isInArrow = false;
  let owner: Scope | undefined = scope;
  for (; owner; owner = owner.parent) {
    if (owner.kind === "class") return;
    if (owner.kind !== "function") continue;
    if (!ts.isArrowFunction(owner.node)) break;
    isInArrow = true;
  }
  if (!owner || !isInArrow || !owner.parent || !ts.isFunctionLike(owner.node)) return;
  if (ts.isClassLike(owner.node.parent) && !isGeneratorMethod(ts, owner.node as NestedFunction)) return;
  const known = owner.names.get(name);
  const binding = known ?? addBinding(state, owner, name, "param");
  binding.references.push({ node, binding, read: true, write: false });
  state.byIdentifier.set(node, binding);
}

function refer(state: State, node: tsTypes.Identifier, scope: Scope): void {
  if (node.text === "arguments") return referToCall(state, node, "arguments", scope);
  const binding = lookUp(scope, node);
  if (!binding) return;
  const { read, write } = accessOf(state.ts, node);
  const reference: Reference = { node, binding, read, write };
  if (write) {
    binding.reassigned = true;
    state.writes.add(node);
  }
  binding.references.push(reference);
  state.byIdentifier.set(node, binding);
}

/** A text that is evaluated may read and write all that it can name. What the runtime gives a handler is not assigned to. */
function referToAll(state: State, call: tsTypes.CallExpression, scope: Scope): void {
  const { ts, unit } = state;
  const [text] = call.arguments;
  const words = evaluatedWords(ts, call);
  const bindings = visibleFrom(scope, call).filter(({ name }) => words?.includes(name) ?? true);
  if (!text || (words && bindings.length === 0)) return;
  state.evaluated.set(call, bindings);
  referToCall(state, call, "this", scope);
  for (const binding of bindings) {
    const isGiven = unit.kind === "handler" && binding.kind === "param" && binding.scope.node === unit.fn;
    const write = !isConstant(binding) && !isGiven;
    if (write) binding.reassigned = true;
    binding.references.push({ node: text, binding, read: true, write });
  }
}

/** The bindings of names, those of inner scopes first; `this` and its like have no declaration. */
function visibleFrom(scope: Scope, node: tsTypes.Node): Binding[] {
  const found = new Map<string, Binding>();
  for (let current: Scope | undefined = scope; current; current = current.parent) {
    for (const binding of current.names.values()) {
      const isHidden = isOfBody(binding) && isInHead(current, node);
      const isNamed = binding.declarations.length > 0 && binding.name !== "this";
      if (isNamed && !isHidden && !found.has(binding.name)) found.set(binding.name, binding);
    }
  }
  return [...found.values()];
}

function lookUp(scope: Scope, node: tsTypes.Identifier): Binding | undefined {
  for (let current: Scope | undefined = scope; current; current = current.parent) {
    const binding = current.names.get(node.text);
    if (binding && !(isOfBody(binding) && isInHead(current, node))) return binding;
  }
  return undefined;
}

function isOfBody({ kind }: Binding): boolean {
  return kind !== "param" && kind !== "self" && kind !== "catch";
}

/** Defaults of parameters, and of the pattern of a `catch`, do not see what the body declares. */
function isInHead({ kind, node: owner }: Scope, node: tsTypes.Node): boolean {
  if (kind === "catch") return isWithin(node, (owner as tsTypes.CatchClause).variableDeclaration);
  return (
    kind === "function" && "parameters" in owner && isWithin(node, (owner as tsTypes.SignatureDeclaration).parameters)
  );
}

function isWithin({ pos, end }: tsTypes.Node, range: tsTypes.TextRange | undefined): boolean {
  return range !== undefined && pos >= range.pos && end <= range.end;
}
