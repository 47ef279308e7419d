/**
 * A control-flow graph under construction: the block that is being filled, the targets of jumps, and the `finally`
 * blocks that a jump passes on its way.
 */
import type tsTypes from "typescript";
import type { Block, Branch, Item } from "./control-flow.ts";

export interface Target {
  readonly node: tsTypes.Node;
  readonly labels: readonly string[];
  readonly onBreak: Block;
  readonly onContinue?: Block;
  /** Number of `finally` blocks around the target. */
  readonly depth: number;
}

export interface Finalizer {
  readonly entry: Block;
  /** Where ways that entered it go on, and what brought them: `return`, `break`, `continue`. */
  readonly resume: Map<Block, string>;
}

export class FlowCursor {
  protected readonly blocks: Block[] = [];
  protected current: Block;
  /** Where an exception goes, for blocks made from now on. */
  protected handler: Block | undefined;
  protected readonly targets: Target[] = [];
  protected readonly finalizers: Finalizer[] = [];
  /** Blocks that control can reach. Code behind a jump is in a block of its own, which is not here. */
  private readonly entered = new Set<Block>();

  constructor() {
    this.current = this.newBlock();
    this.enter(this.current);
  }

  protected enter(block: Block): void {
    this.entered.add(block);
  }

  protected isEntered(block: Block): boolean {
    return this.entered.has(block);
  }

  protected newBlock(): Block {
    const block: Block = { index: this.blocks.length, items: [], next: [], handler: this.handler };
    this.blocks.push(block);
    return block;
  }

  protected blockUnder(handler: Block | undefined): Block {
    const saved = this.handler;
    this.handler = handler;
    const block = this.newBlock();
    this.handler = saved;
    return block;
  }

  protected edge(from: Block, to: Block, when?: string): void {
    from.next.push({ to, when, dead: false });
    if (this.entered.has(from)) this.enter(to);
  }

  /** An edge that liveness follows and that is never taken. */
  protected deadEdge(from: Block, to: Block): void {
    from.next.push({ to, when: undefined, dead: true });
  }

  /** Control divides behind the current block, which is given back: its edges say under which outcome they are taken. */
  protected divide(kind: Branch["kind"], text: () => string, node: tsTypes.Node): Block {
    this.current.branch ??= { kind, text, node };
    return this.current;
  }

  /** A fresh block behind the current one. */
  protected follow(when?: string): Block {
    const block = this.newBlock();
    this.edge(this.current, block, when);
    this.current = block;
    return block;
  }

  protected add(item: Item): void {
    this.current.items.push(item);
  }

  protected withTarget(target: Target, inner: () => void): void {
    this.targets.push(target);
    inner();
    this.targets.pop();
  }

  /** From here through the `finally` blocks deeper than `depth`, innermost first, to `to`. */
  protected goThroughFinalizers(depth: number, to: Block, reason: string): void {
    let from: Finalizer | undefined;
    for (let i = this.finalizers.length - 1; i >= depth; i--) {
      const finalizer = this.finalizers[i] as Finalizer;
      if (from) from.resume.set(finalizer.entry, reason);
      else this.edge(this.current, finalizer.entry);
      from = finalizer;
    }
    if (from) from.resume.set(to, reason);
    else this.edge(this.current, to);
  }
}
