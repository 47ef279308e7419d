/**
 * Backward data flow: which bindings are live behind each suspension.
 *
 * The textbook algorithm (Aho, Lam, Sethi, Ullman, section 9.2.5) over bit sets, with one addition: an exception can be
 * raised anywhere in a block, so what is live at its handler is live throughout the block and no definition ends it.
 * A suspension in the callback of `.finally` stands in two blocks, behind success and behind failure: both count.
 */
import type { Binding, Suspension } from "../ir.ts";
import type { Block, FlowGraph } from "./control-flow.ts";

type Bits = Uint32Array;

export function computeLiveness(graph: FlowGraph, bindings: readonly Binding[]): Map<Suspension, Set<Binding>> {
  const words = Math.ceil(bindings.length / 32);
  const atStart = graph.blocks.map(() => new Uint32Array(words));
  const behind = new Map<Suspension, Set<Binding>>();
  iterate(graph, atStart, words);
  const scratch = new Uint32Array(words);
  for (const block of graph.blocks) {
    if (block.items.some((item) => item.kind === "suspend")) {
      transfer(block, atStart, scratch, (suspension, live) => {
        const known = behind.get(suspension);
        behind.set(suspension, known ? new Set([...known, ...toSet(live, bindings)]) : toSet(live, bindings));
      });
    }
  }
  return behind;
}

/** Blocks are numbered about in execution order: going from the last to the first settles in few rounds. */
function iterate(graph: FlowGraph, atStart: readonly Bits[], words: number): void {
  const waiting = new Set<number>();
  const before = predecessors(graph);
  const queue = graph.blocks.map((block) => block.index);
  for (const index of queue) waiting.add(index);
  const scratch = new Uint32Array(words);
  while (queue.length > 0) {
    const index = queue.pop() as number;
    waiting.delete(index);
    transfer(graph.blocks[index] as Block, atStart, scratch);
    if (!mergeInto(atStart[index] as Bits, scratch)) continue;
    for (const predecessor of before[index] as number[]) {
      if (waiting.has(predecessor)) continue;
      waiting.add(predecessor);
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

/** Leaves in `live` what is live at the start of the block. */
function transfer(
  block: Block,
  atStart: readonly Bits[],
  live: Bits,
  onSuspension?: (suspension: Suspension, live: Bits) => void,
): void {
  live.fill(0);
  for (const { to } of block.next) mergeInto(live, atStart[to.index] as Bits);
  const handled = block.handler && atStart[block.handler.index];
  if (handled) mergeInto(live, handled);
  for (let i = block.items.length - 1; i >= 0; i--) {
    const item = block.items[i] as Block["items"][number];
    if (item.kind === "suspend") {
      onSuspension?.(item.suspension, live);
      continue;
    }
    const word = item.binding.index >>> 5;
    const bit = 1 << (item.binding.index & 31);
    if (item.kind === "use") live[word] = (live[word] as number) | bit;
    else if (((handled?.[word] ?? 0) & bit) === 0) live[word] = (live[word] as number) & ~bit;
  }
}

/** Adds `from` to `into`; true if that changed anything. */
function mergeInto(into: Bits, from: Bits): boolean {
  let changed = false;
  for (let word = 0; word < into.length; word++) {
    const merged = ((into[word] as number) | (from[word] as number)) >>> 0;
    if (merged === into[word]) continue;
    into[word] = merged;
    changed = true;
  }
  return changed;
}

function toSet(live: Bits, bindings: readonly Binding[]): Set<Binding> {
  const set = new Set<Binding>();
  for (const binding of bindings) {
    if ((live[binding.index >>> 5] as number) & (1 << (binding.index & 31))) set.add(binding);
  }
  return set;
}
