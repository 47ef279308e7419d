/**
 * Backward data flow: which bindings are live behind each suspension.
 *
 * The textbook algorithm (Aho, Lam, Sethi, Ullman, section 9.2.5) over bit sets, with one addition: an exception can be
 * raised anywhere in a block, so what is live at its handler is live throughout the block and no definition ends it.
 * A suspension in the callback of `.finally` stands in two blocks, behind success and behind failure: both count.
 */
import type { Binding, Suspension } from "../ir.ts";
import type { Block, FlowGraph } from "./control-flow.ts";

/** The bit sets of all blocks in a row: making an array for each costs more than filling it. */
class BitSets {
  private readonly bits: Uint32Array;
  private readonly words: number;

  constructor(sets: number, size: number) {
    this.words = Math.ceil(size / 32);
    this.bits = new Uint32Array(sets * this.words);
  }

  has(set: number, bit: number): boolean {
    return ((this.bits[set * this.words + (bit >>> 5)] as number) & (1 << (bit & 31))) !== 0;
  }

  add(set: number, bit: number): void {
    const word = set * this.words + (bit >>> 5);
    this.bits[word] = (this.bits[word] as number) | (1 << (bit & 31));
  }

  delete(set: number, bit: number): void {
    const word = set * this.words + (bit >>> 5);
    this.bits[word] = (this.bits[word] as number) & ~(1 << (bit & 31));
  }

  clear(set: number): void {
    this.bits.fill(0, set * this.words, (set + 1) * this.words);
  }

  /** Adds one set to another; true if that changed anything. */
  merge(into: number, from: number): boolean {
    let changed = false;
    for (let word = 0; word < this.words; word++) {
      const known = this.bits[into * this.words + word] as number;
      const merged = (known | (this.bits[from * this.words + word] as number)) >>> 0;
      if (merged === known) continue;
      this.bits[into * this.words + word] = merged;
      changed = true;
    }
    return changed;
  }
}

export function computeLiveness(graph: FlowGraph, bindings: readonly Binding[]): Map<Suspension, Set<Binding>> {
  // What is live at the start of each block; the last set is for the block that is looked at.
  const live = new BitSets(graph.blocks.length + 1, bindings.length);
  const behind = new Map<Suspension, Set<Binding>>();
  iterate(graph, live);
  const onSuspension = (suspension: Suspension): void => {
    const known = behind.get(suspension) ?? new Set();
    for (const binding of bindings) if (live.has(graph.blocks.length, binding.index)) known.add(binding);
    behind.set(suspension, known);
  };
  for (const block of graph.blocks) {
    if (block.items.some((item) => item.kind === "suspend")) transfer(graph, block, live, onSuspension);
  }
  return behind;
}

/** Blocks are numbered about in execution order: going from the last to the first settles in few rounds. */
function iterate(graph: FlowGraph, live: BitSets): void {
  const before = predecessors(graph);
  const queue = graph.blocks.map((block) => block.index);
  const isWaiting = queue.map(() => true);
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    isWaiting[index] = false;
    transfer(graph, graph.blocks[index] as Block, live);
    if (!live.merge(index, graph.blocks.length)) continue;
    for (const predecessor of before[index] ?? []) {
      if (isWaiting[predecessor]) continue;
      isWaiting[predecessor] = true;
      queue.push(predecessor);
    }
  }
}

/** Blocks whose live set depends on a block's: those with an edge to it, and those it handles exceptions of. */
function predecessors(graph: FlowGraph): number[][] {
  const before: number[][] = graph.blocks.map(() => []);
  for (const block of graph.blocks) {
    for (const { to } of block.next) before[to.index]?.push(block.index);
    if (block.handler) before[block.handler.index]?.push(block.index);
  }
  return before;
}

/** Leaves in the last set what is live at the start of the block. */
function transfer(
  { blocks: { length: last } }: FlowGraph,
  { items, next, handler }: Block,
  live: BitSets,
  onSuspension?: (suspension: Suspension) => void,
): void {
  live.clear(last);
  for (const { to } of next) live.merge(last, to.index);
  if (handler) live.merge(last, handler.index);
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] as Block["items"][number];
    if (item.kind === "suspend") onSuspension?.(item.suspension);
    else if (item.kind === "use") live.add(last, item.binding.index);
    else if (!handler || !live.has(handler.index, item.binding.index)) live.delete(last, item.binding.index);
  }
}
