/**
 * Values that show later nothing of what they were made of: proxies, bound functions, the strings of tagged templates.
 * Where compiled code makes one, the runtime takes note.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Bindings } from "./scopes.ts";

type Access = tsTypes.PropertyAccessExpression | tsTypes.ElementAccessExpression;

/** The name in `new Proxy(…)` and `Proxy.revocable(…)`, where it means what the language has under it. */
export function isProxyName(ts: TypeScript, node: tsTypes.Node, bindings: Bindings, facts: FileFacts): boolean {
  if (!ts.isIdentifier(node) || node.text !== "Proxy" || !isGlobal(node, bindings, facts)) return false;
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node;
  const isMethod = ts.isPropertyAccessExpression(parent) && parent.expression === node && !parent.questionDotToken;
  return isMethod && parent.name.text === "revocable" && isCallee(ts, parent);
}

function isGlobal({ text }: tsTypes.Identifier, bindings: Bindings, facts: FileFacts): boolean {
  if (facts.declared.has(text) || facts.assigned.has(text)) return false;
  return !bindings.all.some(({ name }) => name === text);
}

function isCallee(ts: TypeScript, node: tsTypes.Expression): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression === node;
}

/** The function that `f.bind(…)` may bind: nobody knows whose method it is. */
export function boundBy(ts: TypeScript, node: tsTypes.Node): tsTypes.Expression | undefined {
  if (!ts.isCallExpression(node) || ts.isOptionalChain(node)) return undefined;
  const callee = unwrap(ts, node.expression);
  if (!ts.isPropertyAccessExpression(callee) || ts.isOptionalChain(callee) || callee.name.text !== "bind")
    return undefined;
  return callee.expression.kind === ts.SyntaxKind.SuperKeyword ? undefined : callee.expression;
}

/** Whether the tag of a template may keep its strings, and can be handed others. */
function isTraced(
  ts: TypeScript,
  { tag }: tsTypes.TaggedTemplateExpression,
  bindings: Bindings,
  facts: FileFacts,
): boolean {
  const target = unwrap(ts, tag);
  if (!ts.isPropertyAccessExpression(target)) {
    return !ts.isElementAccessExpression(target) || !isSuper(ts, target);
  }
  const { expression: object, name } = target;
  const isRaw = ts.isIdentifier(object) && object.text === "String" && name.text === "raw";
  return !isSuper(ts, target) && !ts.isPrivateIdentifier(name) && !(isRaw && isGlobal(object, bindings, facts));
}

function isSuper(ts: TypeScript, { expression }: Access): boolean {
  return expression.kind === ts.SyntaxKind.SuperKeyword;
}

/** Names for the tagged templates of a unit: that of their tags, told apart by numbers. */
export function nameTemplates(
  ts: TypeScript,
  nodes: Nodes,
  bindings: Bindings,
  facts: FileFacts,
): ReadonlyMap<tsTypes.Node, string> {
  const sites = new Map<tsTypes.Node, string>();
  const taken = new Set<string>();
  for (const node of nodes.of<tsTypes.TaggedTemplateExpression>(ts.SyntaxKind.TaggedTemplateExpression)) {
    if (!isTraced(ts, node, bindings, facts)) continue;
    const base = tagName(ts, unwrap(ts, node.tag));
    let site = base;
    for (let ordinal = 2; taken.has(site); ordinal++) site = `${base}#${ordinal}`;
    taken.add(site);
    sites.set(node, site);
  }
  return sites;
}

function tagName(ts: TypeScript, tag: tsTypes.Expression): string {
  if (ts.isIdentifier(tag)) return tag.text;
  return ts.isPropertyAccessExpression(tag) ? tag.name.text : "()";
}
