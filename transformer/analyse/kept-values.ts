/**
 * Whether what variables hold stays within the run: their values, what these hold, and the functions that refer to them are
 * called, compared, and moved between variables of the run, and nothing else. What is not known to be harmless is not.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, TypeScript } from "../ir.ts";
import { isLogicalAssignment, isLogicalOperator } from "./operands.ts";
import { calledOnly, isPromisePart, readsPromise } from "./promise-parts.ts";
import {
  adding,
  containerOf,
  type DeferredNames,
  functionAround,
  isPartOf,
  isPromise,
  receiverOf,
  targetOf,
} from "./takers.ts";
import { isAssignment } from "./targets.ts";

/** Methods of arrays that call a function at once, and forget it. */
const callingAtOnce =
  /^(?:map|flatMap|forEach|filter|some|every|find|findIndex|findLast|findLastIndex|reduce|reduceRight|sort|toSorted)$/;

/** Of these, the ones that give it two values. */
const folding = /^(?:reduce|reduceRight|sort|toSorted)$/;

/** @param functions that only the run may call, too */
export function keepsAll(
  names: DeferredNames,
  bindings: ReadonlySet<Binding>,
  functions: readonly tsTypes.Node[],
): boolean {
  const followed = new Followed(names);
  for (const binding of bindings) if (!followed.keeps(binding)) return false;
  return functions.every((fn) => followed.keepsFunction(fn));
}

class Followed {
  readonly #names: DeferredNames;
  readonly #seen = new Set<Binding>();

  constructor(names: DeferredNames) {
    this.#names = names;
  }

  /** @param isPart it holds what is followed, or a part of it, and was given nothing else */
  keeps(binding: Binding, isPart = false): boolean {
    if (this.#seen.has(binding)) return true;
    this.#seen.add(binding);
    const { kind, references } = binding;
    return (
      (kind !== "param" || isPart) && kind !== "catch" && references.every(({ node }) => this.#isKeptAt(node, binding))
    );
  }

  #isKeptAt(node: tsTypes.Node, binding: Binding): boolean {
    const { ts } = this.#names;
    if (!this.#stays(node)) return false;
    for (let fn = functionAround(ts, node); isInScope(ts, fn, binding); fn = functionAround(ts, fn)) {
      if (!this.keepsFunction(fn)) return false;
    }
    return true;
  }

  /** Who calls a function calls what it refers to. */
  keepsFunction(fn: tsTypes.Node): boolean {
    const { ts, bindings } = this.#names;
    if (ts.isFunctionDeclaration(fn)) return this.#keepsBinding(fn.name && bindings.byIdentifier.get(fn.name));
    if (!ts.isArrowFunction(fn) && !ts.isFunctionExpression(fn)) return false;
    if (fn.asteriskToken) return false;
    let at: tsTypes.Node = fn;
    while (ts.isParenthesizedExpression(at.parent)) at = at.parent;
    const { parent } = at;
    if (ts.isNewExpression(parent) && parent.expression !== at) return isPromise(this.#names, parent.expression);
    return this.#stays(fn);
  }

  /** Nothing outside of the run gets hold of the value of an expression. */
  #stays(node: tsTypes.Node): boolean {
    const { ts } = this.#names;
    const { parent } = node;
    if (isPartOf(ts, parent)) {
      const isName = ts.isPropertyAssignment(parent) && parent.name === node;
      return isName || this.#stays(parent);
    }
    if (ts.isPropertyAccessExpression(parent)) {
      if (this.#isCount(parent.name.text) || readsPromise(this.#names, node, parent)) return true;
      return this.#stays(parent);
    }
    if (ts.isElementAccessExpression(parent)) return parent.expression !== node || this.#stays(parent);
    if (ts.isCallExpression(parent))
      return parent.expression === node ? this.#staysCalled(parent) : this.#staysIn(parent);
    if (ts.isBinaryExpression(parent)) return this.#staysInOperator(parent, node);
    if (ts.isConditionalExpression(parent)) return parent.condition === node || this.#stays(parent);
    if (ts.isVariableDeclaration(parent))
      return parent.name === node || this.#keepsPattern(parent.name, parent.initializer);
    if (ts.isForOfStatement(parent) && parent.expression === node) return this.#keepsHead(parent.initializer);
    // What an executor returns nobody sees.
    if (ts.isArrowFunction(parent)) return this.#isExecutor(parent) || this.#staysReturned(parent);
    if (ts.isReturnStatement(parent)) return this.#staysReturned(functionAround(ts, parent));
    return isOnlyLookedAt(ts, parent);
  }

  /** What a function gives stays where its calls stand. */
  #staysReturned(fn: tsTypes.Node): boolean {
    const { ts, bindings } = this.#names;
    const name = ts.isFunctionDeclaration(fn)
      ? fn.name
      : ts.isVariableDeclaration(fn.parent)
        ? fn.parent.name
        : undefined;
    if (!name || calledOnly(this.#names, name) !== fn) return false;
    return bindings.byIdentifier.get(name)?.references.every(({ node }) => this.#stays(node.parent)) ?? false;
  }

  #isExecutor({ parent }: tsTypes.ArrowFunction): boolean {
    return this.#names.ts.isNewExpression(parent) && isPromise(this.#names, parent.expression);
  }

  /** `queue.length`: a number, unless the file gives something else that name. */
  #isCount(property: string): boolean {
    return /^(?:length|size)$/.test(property) && !this.#names.facts.members.has(property);
  }

  /** A method may give a part of its object; a function that was kept gives nothing of that. */
  #staysCalled(call: tsTypes.CallExpression): boolean {
    const { ts } = this.#names;
    const callee = unwrap(ts, call.expression);
    if (ts.isElementAccessExpression(callee))
      return !ts.isStringLiteral(callee.argumentExpression) && this.#stays(call);
    if (!ts.isPropertyAccessExpression(callee)) return true;
    const { text } = callee.name;
    // These give a number; `add` and `set` give their object.
    if (text === "push" || text === "unshift") return true;
    const isGiven = !callingAtOnce.test(text) || this.#keepsParameters(call.arguments[0], folding.test(text));
    return isGiven && !/^(?:then|catch|finally)$/.test(text) && this.#stays(call);
  }

  /** A function that gets to know what an object holds. */
  #keepsParameters(callback: tsTypes.Expression | undefined, isFold: boolean): boolean {
    const { ts } = this.#names;
    const fn = callback && unwrap(ts, callback);
    if (!fn || !(ts.isArrowFunction(fn) || ts.isFunctionExpression(fn))) return false;
    // The second one is an index, but for those that are given two values.
    return fn.parameters.every(({ name }, at) => (at === 1 && !isFold) || this.#keepsPattern(name));
  }

  /** Put into a collection of the run, or called at once. */
  #staysIn(call: tsTypes.CallExpression): boolean {
    const { ts } = this.#names;
    if (receiverOf(ts, call, callingAtOnce)) return true;
    const receiver = receiverOf(ts, call, adding);
    return receiver !== undefined && this.#keepsBinding(containerOf(this.#names, receiver));
  }

  #staysInOperator(node: tsTypes.BinaryExpression, operand: tsTypes.Node): boolean {
    const { ts } = this.#names;
    const { kind } = node.operatorToken;
    if (isAssignment(ts, node)) {
      if (node.left === operand) return !isLogicalAssignment(ts, kind) || this.#stays(node);
      return this.#keepsBinding(targetOf(this.#names, node.left)) && this.#stays(node);
    }
    if (kind === ts.SyntaxKind.CommaToken) return node.left === operand || this.#stays(node);
    return !isLogicalOperator(ts, kind) || this.#stays(node);
  }

  #keepsBinding(binding: Binding | undefined): boolean {
    return binding !== undefined && this.keeps(binding);
  }

  #keepsHead(head: tsTypes.ForInitializer): boolean {
    const { ts } = this.#names;
    return ts.isVariableDeclarationList(head) && head.declarations.every(({ name }) => this.#keepsPattern(name));
  }

  /** @param value what the pattern takes apart, where that is known */
  #keepsPattern(name: tsTypes.BindingName, value?: tsTypes.Expression): boolean {
    const { ts, bindings } = this.#names;
    if (!ts.isIdentifier(name)) {
      return name.elements.every((element) => {
        if (ts.isOmittedExpression(element)) return true;
        const key = element.propertyName ?? element.name;
        const isPromise = value && ts.isIdentifier(key) && ts.isObjectBindingPattern(name) && !element.dotDotDotToken;
        return (isPromise && isPromisePart(this.#names, value, key.text)) || this.#keepsPattern(element.name);
      });
    }
    const binding = bindings.byIdentifier.get(name);
    return binding !== undefined && this.keeps(binding, true);
  }
}

/** A statement by itself, a condition, an operand of an operator that gives a primitive. */
function isOnlyLookedAt(ts: TypeScript, parent: tsTypes.Node): boolean {
  return (
    ts.isExpressionStatement(parent) ||
    ts.isIfStatement(parent) ||
    ts.isIterationStatement(parent, false) ||
    ts.isPrefixUnaryExpression(parent) ||
    ts.isPostfixUnaryExpression(parent) ||
    ts.isTypeOfExpression(parent) ||
    ts.isVoidExpression(parent) ||
    ts.isDeleteExpression(parent) ||
    (ts.isTemplateSpan(parent) && !ts.isTaggedTemplateExpression(parent.parent.parent)) ||
    // The declaration of a function, or its own name.
    ts.isFunctionDeclaration(parent)
  );
}

function isInScope(ts: TypeScript, fn: tsTypes.Node, { declarations }: Binding): boolean {
  if (ts.isSourceFile(fn)) return false;
  return declarations.every(({ pos, end }) => pos < fn.pos || end > fn.end);
}
