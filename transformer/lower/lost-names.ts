/**
 * Functions and classes that the language names after the variable they are given to, where that variable is a slot and
 * they stay in place: in the generator methods of classes. Elsewhere the runtime names them.
 *
 *   const twice = (x) => 2 * x;     v.twice = ({ twice: (x) => 2 * x })["twice"];
 */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { userOf } from "../analyse/functions.ts";
import type { TypeScript } from "../ir.ts";
import { type Context, slotName } from "./context.ts";

/** Those that may lose their names. */
export function namelessFunctions(ts: TypeScript, { functions, nodes, closures }: Analysis): tsTypes.Expression[] {
  const methods = [...functions.keys()].filter((fn) => ts.isMethodDeclaration(fn) && ts.isClassLike(fn.parent));
  return methods.flatMap((method) =>
    nodes.inside(method).filter((node): node is tsTypes.Expression => {
      const isFunction = ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node);
      return isFunction && !(node as tsTypes.FunctionExpression).name && !closures.records.has(node);
    }),
  );
}

/** The name that the language would give. */
export function lostName(context: Context, node: tsTypes.Node): string | undefined {
  const { ts, analysis } = context;
  const isFunction = ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node);
  if (!isFunction || (!ts.isArrowFunction(node) && node.name) || analysis.closures.records.has(node)) return undefined;
  const target = targetOf(ts, userOf(ts, node), node);
  const binding = target && analysis.bindings.byIdentifier.get(target);
  return binding && slotName(context, binding) ? binding.name : undefined;
}

/** `twice` in `const twice = …`, `{ twice = … } = o`, `twice ??= …` */
function targetOf(ts: TypeScript, user: tsTypes.Node, value: tsTypes.Node): tsTypes.Node | undefined {
  if (ts.isVariableDeclaration(user) || ts.isBindingElement(user) || ts.isParameter(user)) return user.name;
  if (ts.isShorthandPropertyAssignment(user)) return user.name;
  if (!ts.isBinaryExpression(user) || !isWithin(value, user.right)) return undefined;
  const { SyntaxKind } = ts;
  const { EqualsToken, BarBarEqualsToken, AmpersandAmpersandEqualsToken, QuestionQuestionEqualsToken } = SyntaxKind;
  const names = [EqualsToken, BarBarEqualsToken, AmpersandAmpersandEqualsToken, QuestionQuestionEqualsToken];
  return (names as tsTypes.SyntaxKind[]).includes(user.operatorToken.kind) ? user.left : undefined;
}

function isWithin(node: tsTypes.Node, outer: tsTypes.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}
