/**
 * Where the value of a variable comes from, as far as syntax tells. What the module holds is stored by its name, and
 * what compiled code makes is stored with it, whatever the type: only foreign values are judged by their types.
 */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { isDeferred } from "../analyse/deferred.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import { userOf } from "../analyse/functions.ts";
import { toolOf } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, TypeScript } from "../ir.ts";
import type { TypeQueries } from "./type-queries.ts";

/**
 * `named`: the module or the language holds it. `made`: compiled code made it here. `foreign`: the result of a call of
 * code that is not compiled. `unknown`: anything else, such as the output of a step or a part of something.
 */
export type Origin = "named" | "made" | "foreign" | "unknown";

interface Names {
  readonly ts: TypeScript;
  readonly analysis: Analysis;
  readonly queries: TypeQueries;
  readonly facts: FileFacts;
}

/** Of all values that the variable is given by name. */
export function originsOf(names: Names, binding: Binding, path: string): Origin[] {
  const { ts } = names;
  if (binding.kind === "function" || binding.kind === "self" || binding.kind === "class") return ["made"];
  const written = binding.references.filter(({ write }) => write).map(({ node }) => node);
  return [...binding.declarations, ...written].flatMap((node): Origin[] => {
    const { parent } = node;
    if (ts.isVariableDeclaration(parent) && parent.name === node) {
      return parent.initializer ? [originOf(names, parent.initializer, path)] : [];
    }
    const isAssigned = ts.isBinaryExpression(parent) && parent.left === node;
    return [isAssigned ? originOf(names, parent.right, path) : "unknown"];
  });
}

/** @param path from the value to the part that is asked for, as a finding has it */
export function originOf(names: Names, expression: tsTypes.Expression, path: string): Origin {
  const { ts, analysis } = names;
  const node = unwrap(ts, expression);
  if (ts.isFunctionExpression(node) || ts.isArrowFunction(node) || ts.isClassExpression(node)) return "made";
  if (ts.isIdentifier(node)) return analysis.bindings.byIdentifier.has(node) ? "unknown" : "named";
  if (ts.isPropertyAccessExpression(node)) return isNamed(names, node) ? "named" : "unknown";
  if (ts.isObjectLiteralExpression(node)) return originOfProperty(names, node, path);
  if (ts.isConditionalExpression(node)) {
    return worst(originOf(names, node.whenTrue, path), originOf(names, node.whenFalse, path));
  }
  if (ts.isNewExpression(node)) {
    if (isMadeHere(names, node.expression) || node.expression.getText() === "Proxy") return "made";
    if (isDeferred(ts, analysis, names.facts, node)) return "made";
    // What is put into a container later is not its maker's.
    return path === "" ? "foreign" : "unknown";
  }
  return ts.isCallExpression(node) ? originOfCall(names, node, path) : "unknown";
}

/** `Math.max`, `services.mail` */
function isNamed({ ts, analysis }: Names, access: tsTypes.PropertyAccessExpression): boolean {
  let owner: tsTypes.Expression = access;
  while (ts.isPropertyAccessExpression(owner)) owner = unwrap(ts, owner.expression);
  return ts.isIdentifier(owner) && !analysis.bindings.byIdentifier.has(owner);
}

function originOfProperty(names: Names, literal: tsTypes.ObjectLiteralExpression, path: string): Origin {
  const { ts } = names;
  const [, key, rest] = /^\.([^.[]+)(.*)$/.exec(path) ?? [];
  const property = literal.properties.find((each) => each.name && "text" in each.name && each.name.text === key);
  if (!property || key === undefined) return "unknown";
  if (ts.isPropertyAssignment(property)) return originOf(names, property.initializer, rest ?? "");
  if (ts.isShorthandPropertyAssignment(property)) return originOf(names, property.name, rest ?? "");
  return "made";
}

/** What compiled code takes part in may be compiled: a tool, a durable call, a callback that is written here. */
function originOfCall(names: Names, call: tsTypes.CallExpression, path: string): Origin {
  const { ts, analysis, queries } = names;
  const { bindings, tools } = analysis;
  if (toolOf(ts, call, bindings, tools)) return "made";
  const callee = unwrap(ts, call.expression);
  if (isMadeHere(names, callee)) return "made";
  const takesPart = (node: tsTypes.Node): boolean => {
    if (ts.isFunctionLike(node)) return true;
    const binding = ts.isIdentifier(node) ? bindings.byIdentifier.get(node) : undefined;
    if (binding && (tools.steps.has(binding) || tools.contexts.has(binding) || binding.closure)) return true;
    return ts.forEachChild(node, takesPart) ?? false;
  };
  if (takesPart(call)) return "unknown";
  // `Object.freeze(x)`, `Promise.all(handles)` give on what they are given; `fetch(url)` does not.
  if (queries.homeOfCallee(callee) === "language" && (path !== "" || ts.isPropertyAccessExpression(callee))) {
    return "unknown";
  }
  return ts.isIdentifier(callee) || isForeignMethod(names, callee) ? "foreign" : "unknown";
}

function isMadeHere({ ts, analysis }: Names, callee: tsTypes.Expression): boolean {
  const node = unwrap(ts, callee);
  return ts.isIdentifier(node) && analysis.bindings.byIdentifier.has(node);
}

/** `net.connect()`: a method of what the module names. Methods of own values may give back a part of them. */
function isForeignMethod(names: Names, callee: tsTypes.Expression): boolean {
  return names.ts.isPropertyAccessExpression(callee) && isNamed(names, callee);
}

function worst(left: Origin, right: Origin): Origin {
  return left === "foreign" || right === "foreign" ? "foreign" : left === right ? left : "unknown";
}

/** `local(() => …)` is not stored at all. */
export function isLocal({ ts, analysis }: Names, binding: Binding): boolean {
  const makers = [...analysis.closures.records.values()].filter(({ role }) => role === "local");
  return makers.some(({ node }) => {
    const call = userOf(ts, node as tsTypes.Expression);
    const user = ts.isCallExpression(call) ? userOf(ts, call) : undefined;
    return user && ts.isVariableDeclaration(user) && user.name === binding.declarations[0];
  });
}
