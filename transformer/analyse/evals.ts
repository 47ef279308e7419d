/** Direct `eval`: what it evaluates may name any variable of the functions around. */
import type tsTypes from "typescript";
import { isErased, type Nodes } from "../discover/nodes.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";
import { isReference } from "./targets.ts";

/** Words that mean something of the function around. */
const contextual = new Set(["this", "arguments", "super", "target", "eval", "import"]);

export function isDirectEval(ts: TypeScript, node: tsTypes.Node): node is tsTypes.CallExpression {
  if (!ts.isCallExpression(node) || node.questionDotToken) return false;
  const callee = unwrap(ts, node.expression);
  // Node takes `eval(...texts)` for a call of its function.
  return ts.isIdentifier(callee) && callee.text === "eval" && !node.arguments.some(ts.isSpreadElement);
}

/** A direct `eval` of a text that may say `this`. */
export function mayNameThis(ts: TypeScript, node: tsTypes.Node): boolean {
  return isDirectEval(ts, node) && evaluatedWords(ts, node) === undefined;
}

/** The direct calls of `eval` among `nodes`. */
export function directEvals(ts: TypeScript, nodes: Nodes): readonly tsTypes.CallExpression[] {
  return nodes
    .of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)
    .filter((call) => isDirectEval(ts, call) && call.arguments.length > 0);
}

/** The words of the text that is evaluated; undefined when it is not known, or may mean what no word tells. */
export function evaluatedWords(
  ts: TypeScript,
  { arguments: [text, ...others] }: tsTypes.CallExpression,
): readonly string[] | undefined {
  if (text === undefined) return [];
  const known = others.length > 0 ? undefined : textOf(ts, text);
  if (known === undefined || /[\\#]/.test(known)) return undefined;
  const words = known.match(/[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu) ?? [];
  return words.some((word) => contextual.has(word)) ? undefined : words;
}

/** Of a literal, of literals that are joined, and of one behind a comma. */
function textOf(ts: TypeScript, node: tsTypes.Expression): string | undefined {
  const inner = unwrap(ts, node);
  if (ts.isStringLiteralLike(inner)) return inner.text;
  if (!ts.isBinaryExpression(inner)) return undefined;
  const right = textOf(ts, inner.right);
  if (inner.operatorToken.kind === ts.SyntaxKind.CommaToken) return right;
  const left = textOf(ts, inner.left);
  const joins = inner.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return joins && left !== undefined && right !== undefined ? left + right : undefined;
}

/**
 * Names that are declared around a unit, in its module and in the functions around it, and whether they can be assigned to.
 *
 * @param nodes of the file: an import that nothing but the text names is gone when the text is evaluated
 */
export function namesAround(ts: TypeScript, fn: tsTypes.Node, nodes: Nodes): ReadonlyMap<string, boolean> {
  const names = new Map<string, boolean>();
  const imported = new Set<string>();
  const add = (name: tsTypes.Node | undefined, isAssignable: boolean): void => {
    if (!name || ts.isOmittedExpression(name)) return;
    if (!ts.isIdentifier(name)) ts.forEachChild(name, (part) => add(nameOfElement(ts, part), isAssignable));
    else if (name.text !== "this" && !names.has(name.text)) names.set(name.text, isAssignable);
  };
  if (ts.isFunctionExpression(fn)) add(fn.name, false);
  for (let outer = fn.parent; outer; outer = outer.parent) {
    addHead(ts, outer, add);
    for (const statement of statementsOf(ts, outer)) addDeclared(ts, statement, add);
    if (ownsVariables(ts, outer)) for (const name of hoistedIn(ts, outer, nodes)) add(name, true);
  }
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier))
    if (isImport(ts, name)) imported.add(name.text);
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    if (imported.has(name.text) && isReference(ts, name) && !isInType(ts, name)) add(name, false);
  }
  return names;
}

function nameOfElement(ts: TypeScript, part: tsTypes.Node): tsTypes.Node | undefined {
  return ts.isBindingElement(part) ? part.name : undefined;
}

function isImport(ts: TypeScript, { parent }: tsTypes.Identifier): boolean {
  return ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent);
}

function isInType(ts: TypeScript, node: tsTypes.Node): boolean {
  for (let outer = node.parent; outer; outer = outer.parent) if (isErased(ts, outer)) return true;
  return false;
}

type AddName = (name: tsTypes.Node | undefined, isAssignable: boolean) => void;

/** What a function, a class, a loop or a `catch` declares in front of its body. */
function addHead(ts: TypeScript, node: tsTypes.Node, add: AddName): void {
  if (ts.isFunctionLike(node)) for (const { name } of node.parameters) add(name, true);
  if (ts.isFunctionExpression(node) || ts.isClassLike(node)) add(node.name, false);
  if (ts.isCatchClause(node)) add(node.variableDeclaration?.name, true);
  const isLoop = ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node);
  const head = isLoop ? node.initializer : undefined;
  if (head && ts.isVariableDeclarationList(head)) addList(ts, head, add);
}

function addList(ts: TypeScript, list: tsTypes.VariableDeclarationList, add: AddName): void {
  const kind = list.flags & ts.NodeFlags.BlockScoped;
  const isAssignable = kind === ts.NodeFlags.None || kind === ts.NodeFlags.Let;
  for (const { name } of list.declarations) add(name, isAssignable);
}

function statementsOf(ts: TypeScript, node: tsTypes.Node): readonly tsTypes.Statement[] {
  if (ts.isCaseBlock(node)) return node.clauses.flatMap(({ statements }) => [...statements]);
  return ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node) ? [...node.statements] : [];
}

/** The variables of `var` wherever they stand in a function or in a module. */
function hoistedIn(ts: TypeScript, owner: tsTypes.Node, nodes: Nodes): readonly tsTypes.Node[] {
  const lists = nodes.of<tsTypes.VariableDeclarationList>(ts.SyntaxKind.VariableDeclarationList);
  const isOwn = (list: tsTypes.VariableDeclarationList) =>
    (list.flags & ts.NodeFlags.BlockScoped) === 0 && ownerOf(ts, list) === owner && !isInType(ts, list);
  return lists.filter(isOwn).flatMap(({ declarations }) => declarations.map(({ name }) => name));
}

function ownerOf(ts: TypeScript, node: tsTypes.Node): tsTypes.Node {
  let owner = node.parent;
  while (!ownsVariables(ts, owner)) owner = owner.parent;
  return owner;
}

function ownsVariables(ts: TypeScript, node: tsTypes.Node): boolean {
  const isBody = ts.isSourceFile(node) || ts.isModuleBlock(node);
  return isBody || ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node);
}

/** Enums that are constants do not exist at run time. */
function addDeclared(ts: TypeScript, statement: tsTypes.Statement, add: AddName): void {
  if (isErased(ts, statement)) return;
  if (ts.isVariableStatement(statement)) addList(ts, statement.declarationList, add);
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) add(statement.name, true);
  if (ts.isModuleDeclaration(statement) && existsAtRunTime(ts, statement)) add(statement.name, true);
  if (!ts.isEnumDeclaration(statement)) return;
  const isConstant = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ConstKeyword) ?? false;
  if (!isConstant) add(statement.name, true);
}

/** A namespace of nothing but types does not. */
function existsAtRunTime(ts: TypeScript, { name, body }: tsTypes.ModuleDeclaration): boolean {
  return (
    ts.isIdentifier(name) &&
    body !== undefined &&
    ts.isModuleBlock(body) &&
    body.statements.some((statement) => !isErased(ts, statement))
  );
}
