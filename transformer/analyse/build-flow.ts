/**
 * Builds the control-flow graph of a unit from its statements, one function per construct.
 *
 * `finally` is entered by every way out of its `try`: the graph joins them and lets each way go on behind it. That
 * makes variables live on a few paths that cannot happen, never the other way round.
 */
import type tsTypes from "typescript";
import type { Suspension } from "../ir.ts";
import type { Block, FlowGraph } from "./control-flow.ts";
import { headOf, shortText } from "./enclosing.ts";
import { ExpressionFlow, type FlowInput } from "./expression-flow.ts";
import type { Finalizer, Target } from "./flow-cursor.ts";
import type { AwaitedLoop } from "./suspensions.ts";

export class FlowBuilder extends ExpressionFlow {
  private readonly exit: Block;
  protected readonly failure: Block;
  private pendingLabels: string[] = [];

  constructor(input: FlowInput) {
    super(input);
    this.exit = this.newBlock();
    this.failure = this.newBlock();
  }

  build(): FlowGraph {
    const entry = this.current;
    const { fn } = this.input;
    for (const parameter of fn.parameters) this.expression(parameter);
    this.suspend(this.input.suspensions.starts.get(fn));
    if (fn.body) this.body(fn.body);
    this.edge(this.current, this.exit);
    return { blocks: this.blocks, entry, exit: this.exit, failure: this.failure };
  }

  protected body(body: tsTypes.ConciseBody): void {
    if (this.ts.isBlock(body)) this.block(body);
    else this.result(body);
  }

  // Statements ----------------------------------------------------------------------------------------------------

  private statements(statements: Iterable<tsTypes.Statement>): void {
    for (const statement of statements) this.statement(statement);
  }

  private block(node: tsTypes.Block): void {
    this.ending(this.input.suspensions.disposals.get(node), () => this.statements(node.statements));
  }

  private statement(node: tsTypes.Statement): void {
    const { ts } = this;
    const labels = this.pendingLabels;
    this.pendingLabels = [];
    if (ts.isBlock(node)) this.labelledBlock(node, labels, () => this.block(node));
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
      this.edge(this.current, this.handler ?? this.failure);
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
    const before = this.divide("if", () => shortText(node.expression.getText()), node);
    this.follow("yes");
    this.statement(node.thenStatement);
    const thenEnd = this.current;
    this.current = before;
    this.follow("no");
    if (node.elseStatement) this.statement(node.elseStatement);
    const after = this.newBlock();
    this.edge(thenEnd, after);
    this.edge(this.current, after);
    this.current = after;
  }

  private loop(node: tsTypes.IterationStatement, labels: readonly string[]): void {
    const { ts } = this;
    if (ts.isForStatement(node)) {
      this.ending(this.input.suspensions.disposals.get(node), () => {
        if (node.initializer) this.expression(node.initializer);
        this.repeat(node, labels, node.condition, node.incrementor);
      });
    } else if (ts.isForOfStatement(node) && this.input.suspensions.loops.has(node)) {
      this.awaitedLoop(node, labels);
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
    if (test && this.isTrue(test)) this.deadEdge(this.current, after);
    else if (test || head)
      this.edge(
        this.divide("loop", () => headOf(node), node),
        after,
        "done",
      );
    this.follow("next");
    if (head) this.bindHead(head);
    this.withTarget({ node, labels, onBreak: after, onContinue: updating, depth: this.finalizers.length }, () =>
      this.turn(node),
    );
    this.edge(this.current, updating);
    this.current = updating;
    if (update) this.expression(update);
    this.edge(this.current, start);
    this.current = after;
  }

  /** `while (true)` does not end by its test. */
  private isTrue({ kind }: tsTypes.Expression): boolean {
    return kind === this.ts.SyntaxKind.TrueKeyword;
  }

  /** The body; of a `for…of` also the end of the resource that its head declares. */
  private turn(node: tsTypes.IterationStatement): void {
    const disposal = this.ts.isForOfStatement(node) ? this.input.suspensions.disposals.get(node) : undefined;
    this.ending(disposal, () => this.statement(node.statement));
  }

  /**
   * next → head → body → next; ways out of head and body lead through the end of the iterator. One that fails to give
   * its next result is not closed.
   */
  private awaitedLoop(node: tsTypes.ForOfStatement, labels: readonly string[]): void {
    const { next, end } = this.input.suspensions.loops.get(node) as AwaitedLoop;
    const outer = this.handler;
    const after = this.newBlock();
    this.ending(end, () => {
      const closing = this.handler;
      this.handler = outer;
      this.follow();
      this.expression(node.expression);
      const start = this.follow();
      this.suspend(next);
      this.edge(
        this.divide("loop", () => headOf(node), node),
        after,
        "done",
      );
      this.handler = closing;
      this.follow("next");
      this.bindHead(node.initializer);
      const left = this.newBlock();
      this.withTarget({ node, labels, onBreak: left, onContinue: start, depth: this.finalizers.length }, () =>
        this.turn(node),
      );
      this.edge(this.current, start);
      this.current = left;
    });
    this.edge(this.current, after);
    this.current = after;
  }

  private bindHead(head: tsTypes.ForInitializer): void {
    if (this.ts.isVariableDeclarationList(head)) {
      for (const declaration of head.declarations) this.bindPattern(declaration.name);
      return;
    }
    this.targetParts(head);
    this.assignTo(head);
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
    this.edge(
      this.divide("loop", () => headOf(node), node),
      start,
      "next",
    );
    if (this.isTrue(node.expression)) this.deadEdge(this.current, after);
    else this.edge(this.current, after, "done");
    this.current = after;
  }

  private switchStatement(node: tsTypes.SwitchStatement, labels: readonly string[]): void {
    this.expression(node.expression);
    const after = this.newBlock();
    const { clauses } = node.caseBlock;
    const text = () => shortText(node.expression.getText());
    const bodies = clauses.map(() => this.newBlock());
    for (const [position, clause] of clauses.entries()) {
      if (!this.ts.isCaseClause(clause)) continue;
      this.conditionally(() => this.expression(clause.expression));
      const before = this.divide("switch", text, node);
      this.edge(before, bodies[position] as Block, shortText(clause.expression.getText()));
    }
    // Wherever it stands, `default` is taken when no test has matched.
    const byDefault = clauses.findIndex((clause) => this.ts.isDefaultClause(clause));
    if (byDefault >= 0) {
      this.edge(this.current, bodies[byDefault] as Block, "default");
      this.deadEdge(this.current, after);
    } else this.edge(this.current, after, "no case");
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
    const finalizer: Finalizer | undefined = node.finallyBlock && { entry: this.newBlock(), resume: new Map() };
    if (finalizer) this.finalizers.push(finalizer);
    const failed = finalizer ? finalizer.entry : outer;
    const catcher = node.catchClause && this.blockUnder(failed);
    for (const entered of [catcher, finalizer?.entry]) if (entered) this.enter(entered);
    this.handler = catcher ?? failed;
    this.follow();
    this.block(node.tryBlock);
    let completes = this.isEntered(this.current);
    this.edge(this.current, finalizer?.entry ?? after);
    if (catcher && node.catchClause) {
      this.handler = failed;
      this.current = catcher;
      if (node.catchClause.variableDeclaration) this.bindPattern(node.catchClause.variableDeclaration.name);
      this.block(node.catchClause.block);
      completes ||= this.isEntered(this.current);
      this.edge(this.current, finalizer?.entry ?? after);
    }
    this.handler = outer;
    const { finallyBlock } = node;
    if (finalizer && finallyBlock) {
      const code = () => this.block(finallyBlock);
      this.finish(finalizer, { node: finallyBlock, code, after, completes, outer });
    }
    this.current = after;
  }

  /** What `inner` walks ends, whichever way, with a suspension of its own, like a `try` with a `finally`. */
  private ending(end: Suspension | undefined, inner: () => void): void {
    if (!end) return inner();
    const outer = this.handler;
    const after = this.newBlock();
    const finalizer: Finalizer = { entry: this.newBlock(), resume: new Map() };
    this.finalizers.push(finalizer);
    this.enter(finalizer.entry);
    this.handler = finalizer.entry;
    this.follow();
    inner();
    const completes = this.isEntered(this.current);
    this.edge(this.current, finalizer.entry);
    this.handler = outer;
    this.finish(finalizer, { node: end.node, code: () => this.suspend(end), after, completes, outer });
    this.current = after;
  }

  private finish(finalizer: Finalizer, { node, code, after, completes, outer }: Finish): void {
    this.finalizers.pop();
    this.current = finalizer.entry;
    this.follow();
    code();
    this.divide("finally", () => "finally", node);
    if (completes) this.edge(this.current, after, "completed");
    else this.deadEdge(this.current, after);
    for (const [resume, reason] of finalizer.resume) this.edge(this.current, resume, reason);
    this.edge(this.current, outer ?? this.failure, "failed");
  }

  private jump(node: tsTypes.BreakOrContinueStatement): void {
    const isContinue = this.ts.isContinueStatement(node);
    const target = this.findTarget(node, isContinue);
    const to = isContinue ? target?.onContinue : target?.onBreak;
    if (target && to) this.goThroughFinalizers(target.depth, to, isContinue ? "continue" : "break");
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
    this.goThroughFinalizers(callback?.depth ?? 0, callback?.block ?? this.exit, "return");
    this.current = this.newBlock();
  }
}

/** How what a `finally` or the end of a resource does goes on. */
interface Finish {
  readonly node: tsTypes.Node;
  /** Walks what it does. */
  readonly code: () => void;
  readonly after: Block;
  /** Whether control may come to the end of what it is the end of. */
  readonly completes: boolean;
  /** Where an exception goes on to. */
  readonly outer: Block | undefined;
}
