/**
 * Labels of suspensions: names that survive edits.
 *
 *   step.run("charge", …)          charge
 *   step.run(`reserve-${i}`, …)    reserve-*
 *   step.run(ids[0], …)            ids[0]
 *   step.fetch(url)                fetch
 *   helper(step, order)            helper
 *   pending                        pending
 *   for await (const row of …)     row.next, row.return
 *   await using file = …           file.dispose
 *
 * A base label that occurs more than once is qualified everywhere by the nearest construct (`notify@catch`); where that
 * does not tell them apart, by an ordinal with its total (`notify#2/3`).
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { TypeScript } from "../ir.ts";
import { type Construct, shortText } from "./enclosing.ts";

/** The label before qualification. */
export function baseLabel(
  ts: TypeScript,
  operand: tsTypes.Expression,
  isTool: (call: tsTypes.CallExpression) => boolean,
): string {
  const node = unwrap(ts, operand);
  if (ts.isCallExpression(node)) {
    if (isTool(node)) return nonEmpty(idLabel(ts, node));
    const source = sourceOf(ts, node);
    if (source && isTool(source)) return baseLabel(ts, source, isTool);
    const combined = combinedLabels(ts, node, isTool);
    if (combined) return combined;
  }
  if (ts.isCallExpression(node) && ts.isFunctionLike(unwrap(ts, node.expression))) return "()";
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return shortText(unwrap(ts, node.expression).getText());
  return shortText(node.getText());
}

const handleMethods: ReadonlySet<string> = new Set(["then", "catch", "finally", "rollback"]);

/** The call in front of `.catch(f)` and its like: what follows a step is called after it. */
export function sourceOf(ts: TypeScript, call: tsTypes.CallExpression): tsTypes.CallExpression | undefined {
  let node: tsTypes.Expression = call;
  while (ts.isCallExpression(node)) {
    const callee: tsTypes.Expression = unwrap(ts, node.expression);
    if (!ts.isPropertyAccessExpression(callee) || !handleMethods.has(callee.name.text)) break;
    node = unwrap(ts, callee.expression);
  }
  return node !== call && ts.isCallExpression(node) ? node : undefined;
}

/** `Promise.all([step.run("a", …), b])` is called `a+b`; a combination of anything else after the combination. */
function combinedLabels(
  ts: TypeScript,
  call: tsTypes.CallExpression,
  isTool: (call: tsTypes.CallExpression) => boolean,
): string | undefined {
  const [list] = call.arguments;
  const callee = unwrap(ts, call.expression);
  const isPromise =
    ts.isPropertyAccessExpression(callee) && ts.isIdentifier(callee.expression) && callee.expression.text === "Promise";
  if (!isPromise || !list) return undefined;
  const target = call.parent.parent;
  if (ts.isVariableDeclaration(target) && ts.isIdentifier(target.name)) return target.name.text;
  const elements = unwrap(ts, list);
  if (!ts.isArrayLiteralExpression(elements) || elements.elements.length === 0) return undefined;
  return shortText(elements.elements.map((element) => baseLabel(ts, element, isTool)).join("+"));
}

function idLabel(ts: TypeScript, call: tsTypes.CallExpression): string {
  const id = idOf(ts, call);
  if (!id) return hasId(ts, call) ? shortText(call.getText()) : calleeName(ts, call);
  if (ts.isStringLiteralLike(id)) return id.text;
  if (ts.isTemplateExpression(id))
    return [id.head.text, ...id.templateSpans.map((part) => part.literal.text)].join("*");
  return shortText(id.getText());
}

/** What a tool call gives as its id: its first argument, or the `id` of it, `step.run({ id: "charge", retries: 2 }, …)`. */
export function idOf(ts: TypeScript, call: tsTypes.CallExpression): tsTypes.Expression | undefined {
  const [first] = call.arguments;
  if (!first || !hasId(ts, call)) return undefined;
  const id = unwrap(ts, first);
  return (ts.isObjectLiteralExpression(id) && idOfOptions(ts, id)) || id;
}

/** `step.fetch(url)` is called after the tool. */
function hasId(ts: TypeScript, call: tsTypes.CallExpression): boolean {
  return calleeName(ts, call) !== "fetch";
}

function calleeName(ts: TypeScript, call: tsTypes.CallExpression): string {
  return (unwrap(ts, call.expression) as tsTypes.PropertyAccessExpression).name.text;
}

function idOfOptions(ts: TypeScript, options: tsTypes.ObjectLiteralExpression): tsTypes.Expression | undefined {
  for (const property of options.properties) {
    const { name } = property;
    if (!name || !(ts.isIdentifier(name) || ts.isStringLiteralLike(name)) || name.text !== "id") continue;
    if (ts.isPropertyAssignment(property)) return unwrap(ts, property.initializer);
    if (ts.isShorthandPropertyAssignment(property)) return property.name;
  }
  return undefined;
}

/** "" means "live" in a frame, so the empty step id is written as its source text. */
function nonEmpty(label: string): string {
  return label === "" ? '""' : label;
}

/** Final labels, in the order given. */
export function qualifyLabels(
  bases: readonly { readonly base: string; readonly within: () => readonly Construct[] }[],
): string[] {
  const perBase = countBy(bases.map(({ base }) => base));
  const qualified = bases.map(({ base, within }) => {
    if (perBase.get(base) === 1) return base;
    const nearest = within().at(-1);
    return nearest ? `${base}@${nearest.name ?? nearest.kind}` : base;
  });
  return numberDuplicates(qualified, perBase, bases);
}

function numberDuplicates(
  labels: readonly string[],
  perBase: ReadonlyMap<string, number>,
  bases: readonly { readonly base: string }[],
): string[] {
  const totals = countBy(labels);
  const seen = new Map<string, number>();
  const numbered = labels.map((label, position) => {
    const base = bases[position]?.base ?? label;
    const total = totals.get(label) ?? 1;
    // A bare name among several uses of one base would be taken over by any of them: it is numbered as well.
    if (total === 1 && (label !== base || perBase.get(base) === 1)) return label;
    const ordinal = (seen.get(label) ?? 0) + 1;
    seen.set(label, ordinal);
    return `${label}#${ordinal}/${total}`;
  });
  return makeUnique(numbered);
}

/** Two different bases can meet after qualification (a step called `a@catch`): the later one is marked. */
function makeUnique(labels: readonly string[]): string[] {
  const taken = new Set<string>();
  return labels.map((label) => {
    let unique = label;
    while (taken.has(unique)) unique += "'";
    taken.add(unique);
    return unique;
  });
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
