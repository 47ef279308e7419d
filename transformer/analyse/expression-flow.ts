/**
 * Expressions in the control-flow graph: what they use and define, in evaluation order, and the suspensions with their
 * chains of callbacks. What is evaluated only under a condition defines nothing: the old value may still be read.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import { isErased, isLeaf } from "../discover/nodes.ts";
import type { Binding, FunctionNode, Suspension, TypeScript } from "../ir.ts";
import type { Block } from "./control-flow.ts";
import { isConstant, mayBeEarly } from "./early.ts";
import { shortText } from "./enclosing.ts";
import { FlowCursor } from "./flow-cursor.ts";
import { operandsOf, targetOperands } from "./operands.ts";
import type { Bindings } from "./scopes.ts";
import type { Suspensions } from "./suspensions.ts";
import { isPatternLiteral } from "./targets.ts";

export interface FlowInput {
  readonly ts: TypeScript;
  readonly fn: FunctionNode;
  readonly bindings: Bindings;
  readonly suspensions: Suspensions;
  /** Bindings that a nested function may read or write when it runs, by function node. */
  readonly capturesOf: (fn: tsTypes.Node) => Iterable<Binding>;
  /** Bindings used when a function bound to this name is called. */
  readonly usesOfCall: (binding: Binding) => Iterable<Binding>;
}

export abstract class ExpressionFlow extends FlowCursor {
  protected readonly input: FlowInput;
  protected readonly ts: TypeScript;
  /** Where `return` goes in the callbacks that are being walked, innermost last. */
  protected readonly returns: { block: Block; depth: number }[] = [];

  /** Number of conditions around the expression that is being walked. */
  private conditions = 0;
  private readonly eachExpression = (node: tsTypes.Node): void => this.expression(node);

  constructor(input: FlowInput) {
    super();
    this.input = input;
    this.ts = input.ts;
  }

  /** Reached by an exception that nothing catches. */
  protected abstract readonly failure: Block;

  /** The body of the unit or of a callback that is lowered in place. */
  protected abstract body(body: tsTypes.ConciseBody): void;

  /** The value of a `return` or of an expression body. */
  protected result(node: tsTypes.Expression): void {
    if (this.input.suspensions.byNode.has(node) && !this.ts.isAwaitExpression(node)) this.awaited(node, node);
    else this.expression(node);
  }

  protected expression(node: tsTypes.Node): void {
    const { ts } = this;
    const { SyntaxKind } = ts;
    switch (node.kind) {
      case SyntaxKind.Identifier:
        return this.identifier(node as tsTypes.Identifier);
      case SyntaxKind.AwaitExpression:
        return this.awaited(node as tsTypes.AwaitExpression, (node as tsTypes.AwaitExpression).expression);
      case SyntaxKind.YieldExpression:
        return this.yielded(node as tsTypes.YieldExpression);
      case SyntaxKind.VariableDeclaration:
        return this.declaration(node as tsTypes.VariableDeclaration);
      case SyntaxKind.BinaryExpression:
        if (isSimpleAssignment(ts, node as tsTypes.BinaryExpression)) {
          return this.assignment(node as tsTypes.BinaryExpression);
        }
    }
    if (isLeaf(ts, node) || isErased(ts, node)) return;
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return this.functionLike(node);
    if (ts.isClassLike(node)) return this.classLike(node);
    this.children(node);
    this.functionsMadeAgain(node);
    this.evaluated(node);
  }

  /** Behind its arguments, which may suspend, a direct `eval` uses all that its text can name, and the `this` around it. */
  private evaluated(node: tsTypes.Node): void {
    const { evaluated, byIdentifier } = this.input.bindings;
    const named = evaluated.get(node);
    if (!named) return;
    const self = byIdentifier.get(node);
    if (self) this.use(self);
    for (const binding of named) {
      this.use(binding);
      this.uses(this.input.usesOfCall(binding));
    }
  }

  private yielded(node: tsTypes.YieldExpression): void {
    if (node.expression) this.expression(node.expression);
    this.suspend(this.input.suspensions.byNode.get(node));
  }

  private assignment({ left, right, parent }: tsTypes.BinaryExpression): void {
    const isDefault = this.ts.isArrayLiteralExpression(parent) || this.ts.isPropertyAssignment(parent);
    this.targetParts(left);
    if (isDefault) this.conditionally(() => this.expression(right));
    else this.expression(right);
    this.assignTo(left);
  }

  /** A computed name is evaluated where its function is made. */
  private functionLike(node: tsTypes.SignatureDeclaration | tsTypes.ClassStaticBlockDeclaration): void {
    const name = (node as tsTypes.MethodDeclaration).name as tsTypes.PropertyName | undefined;
    if (name && this.ts.isComputedPropertyName(name)) this.expression(name.expression);
    this.uses(this.input.capturesOf(node));
  }

  private children(node: tsTypes.Node): void {
    const { ts } = this;
    const { holders } = this.input.suspensions;
    if (!mayBePassedOver(ts, node)) {
      ts.forEachChild(node, this.eachExpression);
      return;
    }
    if (ts.isConditionalExpression(node) && (holders.has(node.whenTrue) || holders.has(node.whenFalse))) {
      this.choice(node);
      return;
    }
    ts.forEachChild(node, (child) => {
      if (!isConditional(ts, node, child)) this.expression(child);
      else if (holders.has(child) && !isReceiver(node, child)) this.skippable(node, child);
      else this.conditionally(() => this.expression(child));
    });
  }

  /** `c ? await x : await y` */
  private choice({ condition, whenTrue, whenFalse }: tsTypes.ConditionalExpression): void {
    this.expression(condition);
    const before = this.divide("if", () => shortText(condition.getText()), condition);
    this.follow("yes");
    this.conditionally(() => this.expression(whenTrue));
    const trueEnd = this.current;
    this.current = before;
    // What frames hold was decided with the values in a row, and stays so.
    this.deadEdge(trueEnd, this.follow("no"));
    this.conditionally(() => this.expression(whenFalse));
    this.edge(trueEnd, this.follow());
  }

  /** `await x` in `a && await x`, `a?.b(await x)`, `{ a = await x } = o`: evaluated, or passed over. */
  private skippable(node: tsTypes.Node, child: tsTypes.Node): void {
    const before = this.divide("if", () => conditionOf(this.ts, node), node);
    this.follow("yes");
    this.conditionally(() => this.expression(child));
    this.follow();
    this.edge(before, this.current, "no");
  }

  /**
   * A function in front of a suspension is made again, or is kept, when the expression is re-entered: what it captures is
   * used behind the suspension.
   */
  private functionsMadeAgain(node: tsTypes.Node): void {
    if (!this.input.suspensions.holders.has(node)) return;
    for (const operand of operandsOf(this.ts, node)) {
      const inner = this.ts.isExpression(operand.node) ? unwrap(this.ts, operand.node) : operand.node;
      if (this.ts.isFunctionLike(inner)) this.uses(this.input.capturesOf(inner));
      const binding = this.input.bindings.byIdentifier.get(inner);
      if (binding) this.uses(this.input.usesOfCall(binding));
    }
  }

  /** Walks what may be skipped at run time. */
  protected conditionally(walk: () => void): void {
    this.conditions++;
    walk();
    this.conditions--;
  }

  private define(binding: Binding): void {
    if (this.conditions === 0) this.add({ kind: "define", binding });
  }

  private identifier(node: tsTypes.Identifier): void {
    const binding = this.input.bindings.byIdentifier.get(node);
    if (!binding) return;
    this.use(binding, node);
    this.uses(this.input.usesOfCall(binding));
  }

  private uses(bindings: Iterable<Binding>): void {
    for (const binding of bindings) this.use(binding);
  }

  /** The name of a class inside of itself is bound while the class is made: it is live nowhere else. */
  private use(binding: Binding, node?: tsTypes.Node): void {
    if (binding.scope.kind !== "class") this.add({ kind: "use", binding, node });
  }

  private declaration(node: tsTypes.VariableDeclaration): void {
    if (node.initializer) this.expression(node.initializer);
    this.bindPattern(node.name, node.initializer !== undefined || !this.isVar(node));
  }

  /** What a class refers to, now or when it is used, counts where it stands. */
  private classLike(node: tsTypes.ClassLikeDeclaration): void {
    this.conditionally(() => {
      this.ts.forEachChild(node, (child) => {
        if (child !== node.name) this.expression(child);
      });
    });
    const binding = node.name && this.input.bindings.byIdentifier.get(node.name);
    if (binding && this.ts.isClassDeclaration(node)) this.define(binding);
  }

  /** `var x;` leaves the old value. */
  private isVar(node: tsTypes.VariableDeclaration): boolean {
    return !(node.parent.flags & this.ts.NodeFlags.BlockScoped);
  }

  protected bindPattern(name: tsTypes.BindingName, defines = true): void {
    if (this.ts.isIdentifier(name)) {
      const binding = this.input.bindings.byIdentifier.get(name);
      if (binding && defines) this.define(binding);
      return;
    }
    for (const element of name.elements) {
      if (!this.ts.isBindingElement(element)) continue;
      if (element.propertyName) this.expression(element.propertyName);
      const { initializer } = element;
      if (initializer) this.conditionally(() => this.expression(initializer));
      this.bindPattern(element.name);
    }
  }

  /** The object and the key of a target are evaluated in front of the value. */
  protected targetParts(target: tsTypes.Expression): void {
    for (const { node } of targetOperands(this.ts, unwrap(this.ts, target), false)) this.expression(node);
  }

  /** The parts of a target that is no pattern were walked before. */
  protected assignTo(node: tsTypes.Expression): void {
    const { ts } = this;
    const target = unwrap(ts, node);
    const binding = ts.isIdentifier(target) ? this.input.bindings.byIdentifier.get(target) : undefined;
    const isAsked = binding && mayBeEarly(ts, this.input.bindings, target as tsTypes.Identifier, binding);
    // Whether its declaration has run is asked of the record.
    if (binding && (isAsked || isConstant(binding))) this.use(binding);
    if (binding) this.define(binding);
    else if (isPatternLiteral(ts, target)) this.expression(target);
  }

  private awaited(node: tsTypes.Expression, expression: tsTypes.Expression): void {
    const chain = this.input.suspensions.chains.get(node);
    if (!chain) {
      this.expression(expression);
      this.suspend(this.input.suspensions.byNode.get(node));
      return;
    }
    const { base, links } = chain;
    this.expression(base);
    for (const link of links) {
      for (const callback of link.callbacks) {
        if (callback && this.input.suspensions.namedCallbacks.has(callback)) this.expression(callback);
      }
    }
    this.chainFrom(node, links.length - 1);
  }

  /** Links nest: the outermost `.catch` is a `try` around all that stands before it. */
  private chainFrom(node: tsTypes.Expression, last: number): void {
    const link = this.input.suspensions.chains.get(node)?.links[last];
    if (!link) {
      this.suspend(this.input.suspensions.byNode.get(node));
      return;
    }
    const outer = this.handler;
    const after = this.newBlock();
    const failed = this.blockUnder(outer);
    this.handler = failed;
    this.follow();
    this.chainFrom(node, last - 1);
    this.handler = outer;
    const onSuccess = link.method === "catch" ? undefined : link.callbacks[0];
    const onFailure = link.method === "then" ? link.callbacks[1] : link.callbacks[0];
    this.follow();
    this.callback(onSuccess);
    this.edge(this.current, after);
    this.current = failed;
    this.follow();
    // A `finally` callback is lowered once; its second pass here only adds paths.
    this.callback(onFailure);
    // `.catch()` ignores the failure.
    const isHandled = link.method === "catch" || (link.method === "then" && onFailure !== undefined);
    this.edge(this.current, isHandled ? after : (outer ?? this.failure));
    this.current = after;
  }

  private callback(callback: tsTypes.Expression | undefined): void {
    if (!callback) return;
    const { suspensions } = this.input;
    let fn: tsTypes.Node = callback;
    while (this.ts.isParenthesizedExpression(fn)) fn = fn.expression;
    if (!suspensions.inlined.has(fn)) {
      this.expression(callback);
      this.suspend(suspensions.namedCallbacks.get(callback));
      return;
    }
    const arrow = fn as tsTypes.ArrowFunction;
    const after = this.newBlock();
    this.returns.push({ block: after, depth: this.finalizers.length });
    for (const parameter of arrow.parameters) {
      this.bindPattern(parameter.name);
      if (parameter.initializer) this.expression(parameter.initializer);
    }
    this.body(arrow.body);
    this.returns.pop();
    this.edge(this.current, after);
    this.current = after;
  }

  /** A suspension begins a block of its own, so that manifest edges can start there. */
  protected suspend(suspension: Suspension | undefined): void {
    if (!suspension) return;
    this.follow();
    this.add({ kind: "suspend", suspension });
    this.follow();
  }
}

function isSimpleAssignment(ts: TypeScript, node: tsTypes.BinaryExpression): boolean {
  return node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
}

/** `a` of `a?.b(…)` is evaluated whenever the chain is. */
function isReceiver(parent: tsTypes.Node, child: tsTypes.Node): boolean {
  return (parent as { readonly expression?: tsTypes.Node }).expression === child;
}

/** Under which condition an operand is evaluated, as an author would write it. */
function conditionOf(ts: TypeScript, parent: tsTypes.Node): string {
  if (ts.isShorthandPropertyAssignment(parent)) return `${parent.name.text} === undefined`;
  if (!ts.isBinaryExpression(parent)) {
    let link = parent as tsTypes.CallChain;
    while (!link.questionDotToken) link = link.expression as tsTypes.CallChain;
    return `${shortText(link.expression.getText())} != null`;
  }
  const operand = unwrap(ts, parent.left);
  const left = shortText(operand.getText());
  const { SyntaxKind } = ts;
  switch (parent.operatorToken.kind) {
    case SyntaxKind.BarBarToken:
    case SyntaxKind.BarBarEqualsToken:
      return ts.isLeftHandSideExpression(operand) ? `!${left}` : `!(${left})`;
    case SyntaxKind.QuestionQuestionToken:
    case SyntaxKind.QuestionQuestionEqualsToken:
      return `${left} == null`;
    default:
      return left;
  }
}

/** Whether some of what is inside of an expression is evaluated only sometimes. */
function mayBePassedOver({ SyntaxKind, NodeFlags }: TypeScript, { kind, flags }: tsTypes.Node): boolean {
  return (
    kind === SyntaxKind.BinaryExpression ||
    kind === SyntaxKind.ConditionalExpression ||
    kind === SyntaxKind.ShorthandPropertyAssignment ||
    (flags & NodeFlags.OptionalChain) !== 0
  );
}

/** Operands that are evaluated only sometimes: right of `&&`, branches of `?:`, behind `?.`, defaults in patterns. */
function isConditional(ts: TypeScript, parent: tsTypes.Node, child: tsTypes.Node): boolean {
  if (ts.isConditionalExpression(parent)) return child !== parent.condition;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    const { SyntaxKind } = ts;
    const isLogical =
      kind === SyntaxKind.AmpersandAmpersandToken ||
      kind === SyntaxKind.BarBarToken ||
      kind === SyntaxKind.QuestionQuestionToken ||
      (kind >= SyntaxKind.FirstCompoundAssignment && kind <= SyntaxKind.LastCompoundAssignment);
    return isLogical && child === parent.right;
  }
  if (ts.isShorthandPropertyAssignment(parent)) return child === parent.objectAssignmentInitializer;
  return (parent.flags & ts.NodeFlags.OptionalChain) !== 0;
}
