/**
 * Builds the control-flow graph of a unit from its statements, one function per construct.
 *
 * `finally` is entered by every way out of its `try`: the graph joins them and lets each way go on behind it. That
 * makes variables live on a few paths that cannot happen, never the other way round.
 */
import type tsTypes from "typescript";
import type { Binding, Suspension, TypeScript, Unit } from "../ir.ts";
import type { Block, FlowGraph } from "./control-flow.ts";
import { shortText } from "./enclosing.ts";
import { type Finalizer, FlowCursor, type Target } from "./flow-cursor.ts";
import type { Bindings } from "./scopes.ts";
import type { Suspensions } from "./suspensions.ts";

export interface FlowInput {
  readonly ts: TypeScript;
  readonly unit: Unit;
  readonly bindings: Bindings;
  readonly suspensions: Suspensions;
  /** Bindings that a nested function may read or write when it runs, by function node. */
  readonly capturesOf: (fn: tsTypes.Node) => Iterable<Binding>;
  /** Bindings used when a function bound to this name is called. */
  readonly usesOfCall: (binding: Binding) => Iterable<Binding>;
}

export class FlowBuilder extends FlowCursor {
  private readonly input: FlowInput;
  private readonly ts: TypeScript;
  private readonly exit: Block;
  /** Where `return` goes in the callbacks that are being walked, innermost last. */
  private readonly returns: { block: Block; depth: number }[] = [];
  private pendingLabels: string[] = [];

  constructor(input: FlowInput) {
    super();
    this.input = input;
    this.ts = input.ts;
    this.exit = this.newBlock();
  }

  build(): FlowGraph {
    const entry = this.current;
    const { fn } = this.input.unit;
    for (const parameter of fn.parameters) this.expression(parameter);
    if (fn.body) this.body(fn.body);
    this.edge(this.current, this.exit);
    return { blocks: this.blocks, entry, exit: this.exit };
  }

  private body(body: tsTypes.ConciseBody): void {
    if (this.ts.isBlock(body)) this.statements(body.statements);
    else this.result(body);
  }

  // Statements ----------------------------------------------------------------------------------------------------

  private statements(statements: Iterable<tsTypes.Statement>): void {
    for (const statement of statements) this.statement(statement);
  }

  private statement(node: tsTypes.Statement): void {
    const { ts } = this;
    const labels = this.pendingLabels;
    this.pendingLabels = [];
    if (ts.isBlock(node)) this.labelledBlock(node, labels, () => this.statements(node.statements));
    else if (ts.isIfStatement(node)) this.labelledBlock(node, labels, () => this.ifStatement(node));
    else if (ts.isIterationStatement(node, false)) this.loop(node, labels);
    else if (ts.isSwitchStatement(node)) this.switchStatement(node, labels);
    else if (ts.isTryStatement(node)) this.labelledBlock(node, labels, () => this.tryStatement(node));
    else if (ts.isLabeledStatement(node)) {
      this.pendingLabels = [...labels, node.label.text];
      this.statement(node.statement);
    } else if (ts.isBreakOrContinueStatement(node)) this.jump(node);
    else if (ts.isReturnStatement(node)) {
      if (node.expression) this.result(node.expression);
      this.leave();
    } else if (ts.isThrowStatement(node)) {
      this.expression(node.expression);
      this.current = this.newBlock();
    } else this.expression(node);
  }

  private labelledBlock(node: tsTypes.Node, labels: readonly string[], inner: () => void): void {
    if (labels.length === 0) {
      inner();
      return;
    }
    const after = this.newBlock();
    this.withTarget({ node, labels, onBreak: after, depth: this.finalizers.length }, inner);
    this.edge(this.current, after);
    this.current = after;
  }

  private ifStatement(node: tsTypes.IfStatement): void {
    this.expression(node.expression);
    const condition = shortText(node.expression.getText());
    const before = this.current;
    this.follow(condition);
    this.statement(node.thenStatement);
    const thenEnd = this.current;
    this.current = before;
    this.follow(`!(${condition})`);
    if (node.elseStatement) this.statement(node.elseStatement);
    const after = this.newBlock();
    this.edge(thenEnd, after);
    this.edge(this.current, after);
    this.current = after;
  }

  private loop(node: tsTypes.IterationStatement, labels: readonly string[]): void {
    const { ts } = this;
    if (ts.isForStatement(node)) {
      if (node.initializer) this.expression(node.initializer);
      this.repeat(node, labels, node.condition, node.incrementor);
    } else if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
      this.expression(node.expression);
      this.repeat(node, labels, undefined, undefined, node.initializer);
    } else if (ts.isWhileStatement(node)) {
      this.repeat(node, labels, node.expression, undefined);
    } else if (ts.isDoStatement(node)) {
      this.doLoop(node, labels);
    }
  }

  /** test → body → update → test; `head` is what each turn of for-of and for-in binds. */
  private repeat(
    node: tsTypes.IterationStatement,
    labels: readonly string[],
    test: tsTypes.Expression | undefined,
    update: tsTypes.Expression | undefined,
    head?: tsTypes.ForInitializer,
  ): void {
    const start = this.follow();
    const after = this.newBlock();
    const updating = this.newBlock();
    if (test) this.expression(test);
    const condition = test && shortText(test.getText());
    if (test || head) this.edge(this.current, after, condition && `!(${condition})`);
    this.follow(condition);
    if (head) this.bindHead(head);
    this.withTarget({ node, labels, onBreak: after, onContinue: updating, depth: this.finalizers.length }, () =>
      this.statement(node.statement),
    );
    this.edge(this.current, updating);
    this.current = updating;
    if (update) this.expression(update);
    this.edge(this.current, start);
    this.current = after;
  }

  private bindHead(head: tsTypes.ForInitializer): void {
    if (this.ts.isVariableDeclarationList(head)) {
      for (const declaration of head.declarations) this.bindPattern(declaration.name);
    } else this.assignTo(head);
  }

  private doLoop(node: tsTypes.DoStatement, labels: readonly string[]): void {
    const start = this.follow();
    const testing = this.newBlock();
    const after = this.newBlock();
    this.withTarget({ node, labels, onBreak: after, onContinue: testing, depth: this.finalizers.length }, () =>
      this.statement(node.statement),
    );
    this.edge(this.current, testing);
    this.current = testing;
    this.expression(node.expression);
    const condition = shortText(node.expression.getText());
    this.edge(this.current, start, condition);
    this.edge(this.current, after, `!(${condition})`);
    this.current = after;
  }

  private switchStatement(node: tsTypes.SwitchStatement, labels: readonly string[]): void {
    this.expression(node.expression);
    const after = this.newBlock();
    const { clauses } = node.caseBlock;
    const bodies = clauses.map(() => this.newBlock());
    for (const [position, clause] of clauses.entries()) {
      if (this.ts.isCaseClause(clause)) {
        this.expression(clause.expression);
        this.edge(this.current, bodies[position] as Block, `case ${shortText(clause.expression.getText())}`);
      } else this.edge(this.current, bodies[position] as Block, "default");
    }
    this.edge(this.current, after);
    this.withTarget({ node, labels, onBreak: after, depth: this.finalizers.length }, () => {
      this.current = this.newBlock();
      for (const [position, clause] of clauses.entries()) {
        this.edge(this.current, bodies[position] as Block);
        this.current = bodies[position] as Block;
        this.statements(clause.statements);
      }
    });
    this.edge(this.current, after);
    this.current = after;
  }

  private tryStatement(node: tsTypes.TryStatement): void {
    const outer = this.handler;
    const after = this.newBlock();
    const finalizer: Finalizer | undefined = node.finallyBlock && { entry: this.newBlock(), resume: new Set() };
    if (finalizer) this.finalizers.push(finalizer);
    const failed = finalizer ? finalizer.entry : outer;
    const catcher = node.catchClause && this.blockUnder(failed);
    this.handler = catcher ?? failed;
    this.follow();
    this.statements(node.tryBlock.statements);
    this.edge(this.current, finalizer?.entry ?? after);
    if (catcher && node.catchClause) {
      this.handler = failed;
      this.current = catcher;
      if (node.catchClause.variableDeclaration) this.bindPattern(node.catchClause.variableDeclaration.name);
      this.statements(node.catchClause.block.statements);
      this.edge(this.current, finalizer?.entry ?? after);
    }
    this.handler = outer;
    if (finalizer && node.finallyBlock) this.finallyBlock(finalizer, node.finallyBlock, after, outer);
    this.current = after;
  }

  private finallyBlock(finalizer: Finalizer, block: tsTypes.Block, after: Block, outer: Block | undefined): void {
    this.finalizers.pop();
    this.current = finalizer.entry;
    this.follow();
    this.statements(block.statements);
    this.edge(this.current, after);
    for (const resume of finalizer.resume) this.edge(this.current, resume);
    if (outer) this.edge(this.current, outer);
  }

  private jump(node: tsTypes.BreakOrContinueStatement): void {
    const isContinue = this.ts.isContinueStatement(node);
    const target = this.findTarget(node, isContinue);
    const to = isContinue ? target?.onContinue : target?.onBreak;
    if (target && to) this.goThroughFinalizers(target.depth, to);
    this.current = this.newBlock();
  }

  private findTarget(node: tsTypes.BreakOrContinueStatement, isContinue: boolean): Target | undefined {
    for (let i = this.targets.length - 1; i >= 0; i--) {
      const target = this.targets[i] as Target;
      if (node.label) {
        if (target.labels.includes(node.label.text)) return target;
      } else if (isContinue ? target.onContinue : this.isBreakable(target.node)) return target;
    }
    return undefined;
  }

  private isBreakable(node: tsTypes.Node): boolean {
    return this.ts.isIterationStatement(node, false) || this.ts.isSwitchStatement(node);
  }

  private leave(): void {
    const callback = this.returns[this.returns.length - 1];
    this.goThroughFinalizers(callback?.depth ?? 0, callback?.block ?? this.exit);
    this.current = this.newBlock();
  }

  // Expressions ---------------------------------------------------------------------------------------------------

  /** The value of a `return` or of an expression body. */
  private result(node: tsTypes.Expression): void {
    if (this.input.suspensions.byNode.has(node)) this.awaited(node, node);
    else this.expression(node);
  }

  private expression(node: tsTypes.Node): void {
    const { ts } = this;
    if (ts.isTypeNode(node)) return;
    if (ts.isAwaitExpression(node)) this.awaited(node, node.expression);
    else if (ts.isIdentifier(node)) this.identifier(node);
    else if (ts.isFunctionLike(node)) this.uses(this.input.capturesOf(node));
    else if (ts.isVariableDeclaration(node)) this.declaration(node);
    else if (ts.isBinaryExpression(node) && isSimpleAssignment(ts, node)) {
      this.expression(node.right);
      this.assignTo(node.left);
    } else ts.forEachChild(node, (child) => this.expression(child));
  }

  private identifier(node: tsTypes.Identifier): void {
    const binding = this.input.bindings.byIdentifier.get(node);
    if (!binding) return;
    this.add({ kind: "use", binding });
    this.uses(this.input.usesOfCall(binding));
  }

  private uses(bindings: Iterable<Binding>): void {
    for (const binding of bindings) this.add({ kind: "use", binding });
  }

  private declaration(node: tsTypes.VariableDeclaration): void {
    if (node.initializer) this.expression(node.initializer);
    this.bindPattern(node.name, node.initializer !== undefined || !this.isVar(node));
  }

  /** `var x;` leaves the old value. */
  private isVar(node: tsTypes.VariableDeclaration): boolean {
    return !(node.parent.flags & this.ts.NodeFlags.BlockScoped);
  }

  private bindPattern(name: tsTypes.BindingName, defines = true): void {
    if (this.ts.isIdentifier(name)) {
      const binding = this.input.bindings.byIdentifier.get(name);
      if (binding && defines) this.add({ kind: "define", binding });
      return;
    }
    for (const element of name.elements) {
      if (!this.ts.isBindingElement(element)) continue;
      if (element.propertyName) this.expression(element.propertyName);
      if (element.initializer) this.expression(element.initializer);
      this.bindPattern(element.name);
    }
  }

  private assignTo(target: tsTypes.Expression): void {
    const { ts } = this;
    const binding = ts.isIdentifier(target) ? this.input.bindings.byIdentifier.get(target) : undefined;
    if (binding) this.add({ kind: "define", binding });
    else this.expression(target);
  }

  private awaited(node: tsTypes.Expression, expression: tsTypes.Expression): void {
    const chain = this.input.suspensions.chains.get(node);
    if (!chain) {
      if (this.ts.isFunctionLike(expression)) this.uses(this.input.capturesOf(expression));
      else this.ts.forEachChild(expression, (child) => this.expression(child));
      if (this.ts.isIdentifier(expression)) this.identifier(expression);
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
    if (onFailure && link.method !== "finally") this.edge(this.current, after);
    else if (outer) this.edge(this.current, outer);
    this.current = after;
  }

  private callback(callback: tsTypes.Expression | undefined): void {
    if (!callback) return;
    const { suspensions } = this.input;
    let fn: tsTypes.Node = callback;
    while (this.ts.isParenthesizedExpression(fn)) fn = fn.expression;
    if (!suspensions.inlined.has(fn)) {
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
  private suspend(suspension: Suspension | undefined): void {
    if (!suspension) return;
    this.follow();
    this.add({ kind: "suspend", suspension });
    this.follow();
  }
}

function isSimpleAssignment(ts: TypeScript, node: tsTypes.BinaryExpression): boolean {
  return node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
}
