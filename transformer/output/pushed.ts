/** What is pushed to an array, and whether anybody else has hold of it. */
import type tsTypes from "typescript";
import type { GrowingArray } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { accessOf } from "../analyse/targets.ts";
import { toolCall, toolOf } from "../analyse/tools.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, TypeScript } from "../ir.ts";
import { isIn } from "./inside.ts";

type Elements = GrowingArray["elements"];

/** The call of `sent.push(…)`, of the name of the array. */
export function pushOf({ isPropertyAccessExpression, isCallExpression }: TypeScript, array: tsTypes.Node) {
  const { parent } = array;
  if (!isPropertyAccessExpression(parent) || parent.expression !== array || parent.name.text !== "push")
    return undefined;
  const call = parent.parent;
  const isPlain =
    isCallExpression(call) && call.expression === parent && !parent.questionDotToken && !call.questionDotToken;
  return isPlain ? call : undefined;
}

/** The least that is true of all elements. */
export function elementsOf(ts: TypeScript, analysis: Analysis, values: readonly tsTypes.Expression[]): Elements {
  const pushed = new Pushed(ts, analysis);
  return least(values.map((value) => pushed.kindOf(value)));
}

/** `const x = …` around a name. */
export function variableOf(ts: TypeScript, name: tsTypes.Node | undefined): tsTypes.VariableDeclaration | undefined {
  const declaration = name?.parent;
  return declaration && ts.isVariableDeclaration(declaration) && declaration.name === name ? declaration : undefined;
}

const order: readonly Elements[] = ["own", "flat", "primitive"];

function least(kinds: readonly Elements[]): Elements {
  return order[Math.max(0, ...kinds.map((kind) => order.indexOf(kind)))] as Elements;
}

class Pushed {
  private readonly ts: TypeScript;
  private readonly analysis: Analysis;

  constructor(ts: TypeScript, analysis: Analysis) {
    this.ts = ts;
    this.analysis = analysis;
  }

  kindOf(expression: tsTypes.Expression): Elements {
    const { ts } = this;
    const value = unwrap(ts, expression);
    if (this.isPrimitive(value) || this.isOutput(value)) return "own";
    if (ts.isIdentifier(value)) return this.isOwnOutput(value) ? "own" : "primitive";
    if (ts.isConditionalExpression(value)) return least([this.kindOf(value.whenTrue), this.kindOf(value.whenFalse)]);
    if (ts.isArrayLiteralExpression(value)) return this.literal(value.elements);
    if (!ts.isObjectLiteralExpression(value)) return "primitive";
    const parts: tsTypes.Expression[] = [];
    for (const property of value.properties) {
      if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name)) parts.push(property.initializer);
      else if (ts.isShorthandPropertyAssignment(property)) parts.push(property.name);
      else return "flat";
    }
    return this.literal(parts);
  }

  /** An object that is made for the array: whatever its parts are, itself nobody else has. */
  private literal(parts: readonly tsTypes.Expression[]): Elements {
    return parts.every((part) => this.kindOf(part) === "own") ? "own" : "flat";
  }

  /** Whatever the operands are. */
  private isPrimitive(value: tsTypes.Expression): boolean {
    const { ts } = this;
    const { SyntaxKind } = ts;
    if (ts.isLiteralExpression(value)) return value.kind !== SyntaxKind.RegularExpressionLiteral;
    if (ts.isTemplateExpression(value) || ts.isTypeOfExpression(value)) return true;
    if (ts.isPrefixUnaryExpression(value)) return true;
    if (ts.isBinaryExpression(value)) return isComputation(ts, value.operatorToken.kind);
    return (
      value.kind === SyntaxKind.TrueKeyword ||
      value.kind === SyntaxKind.FalseKeyword ||
      value.kind === SyntaxKind.NullKeyword
    );
  }

  /** `await step.run(…)`: decoded for this await. */
  private isOutput(value: tsTypes.Expression): boolean {
    const { ts } = this;
    const { bindings, tools } = this.analysis;
    if (!ts.isAwaitExpression(value)) return false;
    const call = toolOf(ts, unwrap(ts, value.expression), bindings, tools);
    const kind = call && toolCall(ts, call, bindings, tools);
    return kind === "step" || kind === "call";
  }

  /** A `const` with an output that is pushed once, and of which else only primitives are read. */
  private isOwnOutput(name: tsTypes.Identifier): boolean {
    const { ts } = this;
    const binding = this.analysis.bindings.byIdentifier.get(name);
    if (binding?.kind !== "const") return false;
    const declaration = variableOf(ts, binding.declarations[0]);
    if (!declaration?.initializer || !this.isOutput(unwrap(ts, declaration.initializer))) return false;
    const others = binding.references.filter(({ node }) => node !== name && !isDeclaration(binding, node));
    return others.every(({ node }) => this.isOnlyAsked(node)) && this.isPushedOnce(name, declaration);
  }

  /** Each time that it is declared: no loop, and no function that is called again, is between it and the push. */
  private isPushedOnce(name: tsTypes.Node, declaration: tsTypes.Node): boolean {
    const { ts } = this;
    for (let at = name.parent; at; at = at.parent) {
      if (isIn(declaration, at)) return true;
      if (ts.isIterationStatement(at, false) || ts.isFunctionLike(at)) return false;
    }
    return false;
  }

  /** `receipt.total > 5`, `` `${receipt.id}` ``, `if (receipt)`: nobody gets hold of it or of a part. */
  private isOnlyAsked(node: tsTypes.Node): boolean {
    const { ts } = this;
    let at = node;
    for (;;) {
      const { parent } = at;
      const isStep =
        ts.isPropertyAccessExpression(parent) || ts.isNonNullExpression(parent) || ts.isParenthesizedExpression(parent);
      if (!isStep || parent.expression !== at) break;
      at = parent;
    }
    const { parent } = at;
    if (ts.isBinaryExpression(parent)) return isOperand(ts, parent, at);
    if (ts.isTemplateSpan(parent)) return !ts.isTaggedTemplateExpression(parent.parent.parent);
    if (ts.isIfStatement(parent) || ts.isTypeOfExpression(parent)) return true;
    if (ts.isConditionalExpression(parent)) return parent.condition === at;
    return ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.ExclamationToken;
  }
}

function isDeclaration({ declarations }: Binding, node: tsTypes.Node): boolean {
  return declarations.some((declaration) => declaration === node);
}

/** What stands left of `+=` is written to. */
function isOperand(ts: TypeScript, { left, operatorToken }: tsTypes.BinaryExpression, node: tsTypes.Node): boolean {
  return isComputation(ts, operatorToken.kind) && !(node === left && accessOf(ts, node).write);
}

/** An operator that makes a primitive, and passes neither operand on. */
function isComputation({ SyntaxKind }: TypeScript, operator: tsTypes.SyntaxKind): boolean {
  switch (operator) {
    case SyntaxKind.PlusToken:
    case SyntaxKind.MinusToken:
    case SyntaxKind.AsteriskToken:
    case SyntaxKind.SlashToken:
    case SyntaxKind.PercentToken:
    case SyntaxKind.LessThanToken:
    case SyntaxKind.LessThanEqualsToken:
    case SyntaxKind.GreaterThanToken:
    case SyntaxKind.GreaterThanEqualsToken:
    case SyntaxKind.EqualsEqualsToken:
    case SyntaxKind.EqualsEqualsEqualsToken:
    case SyntaxKind.ExclamationEqualsToken:
    case SyntaxKind.ExclamationEqualsEqualsToken:
    case SyntaxKind.PlusEqualsToken:
    case SyntaxKind.MinusEqualsToken:
    case SyntaxKind.AsteriskEqualsToken:
    case SyntaxKind.SlashEqualsToken:
      return true;
    default:
      return false;
  }
}
