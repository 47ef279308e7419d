/** The constructs around a node, as the manifest and labels name them. */
import type tsTypes from "typescript";
import type { EnclosingConstruct } from "../../runtime/manifest.ts";
import type { TypeScript } from "../ir.ts";

/** Method of the chain link that a function is a callback of, when it is lowered in place. */
export type InlinedCallbacks = ReadonlyMap<tsTypes.Node, "catch" | "then" | "finally">;

/** A construct without its text, which is asked for by the manifest alone. */
export interface Construct extends Omit<EnclosingConstruct, "text"> {
  readonly node: tsTypes.Node;
}

/** Constructs from the unit's body down to `node`, outermost first. */
export function enclosingConstructs(
  ts: TypeScript,
  node: tsTypes.Node,
  unit: tsTypes.Node,
  inlined: InlinedCallbacks,
): Construct[] {
  const found: Construct[] = [];
  for (let child = node; child !== unit && child.parent; child = child.parent) {
    const construct = constructOf(ts, child.parent, child, inlined);
    if (construct) found.push(construct);
  }
  return found.reverse();
}

/** A construct as the manifest describes it. */
export function describeConstruct(ts: TypeScript, { kind, name, node }: Construct): EnclosingConstruct {
  const text = textOf(ts, node);
  return { kind, ...(name !== undefined && { name }), ...(text !== undefined && { text }) };
}

function textOf(ts: TypeScript, node: tsTypes.Node): string | undefined {
  if (ts.isIfStatement(node)) return shortText(node.expression.getText());
  if (ts.isIterationStatement(node, false)) return headOf(node);
  return ts.isCaseOrDefaultClause(node) ? shortText(node.parent.parent.expression.getText()) : undefined;
}

/** What `parent` is for its child `child`; undefined for what has no influence on control flow. */
export function constructOf(
  ts: TypeScript,
  parent: tsTypes.Node,
  child: tsTypes.Node,
  inlined: InlinedCallbacks,
): Construct | undefined {
  const node = parent;
  if (ts.isIfStatement(parent)) {
    if (parent.thenStatement === child) return { kind: "if", node };
    return parent.elseStatement === child ? { kind: "else", node } : undefined;
  }
  if (ts.isIterationStatement(parent, false)) return parent.statement === child ? loopConstruct(ts, parent) : undefined;
  if (ts.isCaseOrDefaultClause(parent)) {
    const name = ts.isCaseClause(parent) ? `case ${shortText(parent.expression.getText())}` : "default";
    return { kind: "switch", name, node };
  }
  if (ts.isTryStatement(parent)) {
    if (parent.tryBlock === child) return { kind: "try", node };
    return parent.finallyBlock === child ? { kind: "finally", node } : undefined;
  }
  if (ts.isCatchClause(parent)) return { kind: "catch", node };
  if (ts.isLabeledStatement(parent) && !ts.isIterationStatement(parent.statement, false)) {
    return { kind: "block", name: parent.label.text, node };
  }
  const method = inlined.get(parent);
  return method && { kind: "callback", name: method, node };
}

/** A loop is known by its label, else by the variable of its head. */
export function loopConstruct(ts: TypeScript, loop: tsTypes.IterationStatement): Construct {
  const name = ts.isLabeledStatement(loop.parent) ? loop.parent.label.text : loopVariable(ts, loop);
  return { kind: "loop", ...(name !== undefined && { name }), node: loop };
}

/** `for (const order of orders)`; of `do … while (c)` the end. */
export function headOf(loop: tsTypes.IterationStatement): string {
  const text = loop.getText();
  const start = loop.getStart();
  const body = loop.statement;
  const head = text.startsWith("do") ? text.slice(body.end - start) : text.slice(0, body.getStart() - start);
  return shortText(head.replace(/;\s*$/, ""));
}

/** `order` of `for (const order of orders)`, `i` of `for (let i = 0; …)`. */
export function loopVariable(ts: TypeScript, loop: tsTypes.IterationStatement): string | undefined {
  if (!ts.isForStatement(loop) && !ts.isForOfStatement(loop) && !ts.isForInStatement(loop)) return undefined;
  const head = loop.initializer;
  if (!head) return undefined;
  if (ts.isVariableDeclarationList(head)) return firstName(ts, head.declarations[0]?.name);
  return ts.isIdentifier(head) ? head.text : undefined;
}

export function firstName(ts: TypeScript, name: tsTypes.BindingName | undefined): string | undefined {
  if (!name || ts.isIdentifier(name)) return name?.text;
  for (const element of name.elements) {
    const inner = ts.isBindingElement(element) ? firstName(ts, element.name) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** One line, white space collapsed, cut after 60 characters. */
export function shortText(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}
