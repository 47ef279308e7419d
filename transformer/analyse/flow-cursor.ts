/**
 * A control-flow graph under construction: the block that is being filled, the targets of jumps, and the `finally`
 * blocks that a jump passes on its way.
 */
import type tsTypes from "typescript";
import type { Block, Item } from "./control-flow.ts";

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
  /** Where ways that entered it go on. */
  readonly resume: Set<Block>;
}

export class FlowCursor {
  protected readonly blocks: Block[] = [];
  protected current: Block;
  /** Where an exception goes, for blocks made from now on. */
  protected handler: Block | undefined;
  protected readonly targets: Target[] = [];
  protected readonly finalizers: Finalizer[] = [];

  constructor() {
    this.current = this.newBlock();
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
    from.next.push(when === undefined ? { to } : { to, when });
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
  protected goThroughFinalizers(depth: number, to: Block): void {
    let from: Finalizer | undefined;
    for (let i = this.finalizers.length - 1; i >= depth; i--) {
      const finalizer = this.finalizers[i] as Finalizer;
      if (from) from.resume.add(finalizer.entry);
      else this.edge(this.current, finalizer.entry);
      from = finalizer;
    }
    if (from) from.resume.add(to);
    else this.edge(this.current, to);
  }
}
