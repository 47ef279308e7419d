/**
 * The edges of the manifest: the control-flow graph with everything left out but suspensions, the ends, and the places
 * between them where control divides.
 */
import type { Edge } from "../../runtime/manifest.ts";
import type { Block, Branch, FlowGraph } from "../analyse/control-flow.ts";

export interface Edges {
  /** Where control goes from the start of a block. None when it comes to no end. */
  from(block: Block): readonly Edge[];
  /** The places that the edges given so far lead to, each with the edges from it. */
  branches(): ReadonlyMap<string, { readonly branch: Branch; readonly next: readonly Edge[] }>;
}

/** The block of a suspension, of an end, or of a branch. */
type Target = Block;

export function createEdges(graph: FlowGraph): Edges {
  const targets = new Targets(graph);
  const keys = new Map<Block, string>();
  const taken = new Set<string>();
  const waiting: Block[] = [];

  const keyOf = (block: Block, branch: Branch): string => {
    let key = keys.get(block);
    if (key === undefined) {
      const text = branch.text();
      key = text;
      for (let ordinal = 2; taken.has(key); ordinal++) key = `${text} #${ordinal}`;
      taken.add(key);
      keys.set(block, key);
      waiting.push(block);
    }
    return key;
  };
  const edgeTo = (target: Target, when: string | undefined): Edge => {
    const outcome = when === undefined ? {} : { when };
    if (target === graph.exit) return { end: "return", ...outcome };
    if (target === graph.failure) return { end: "throw", ...outcome };
    const label = labelOf(target);
    if (label !== undefined) return { to: label, ...outcome };
    return { branch: keyOf(target, target.branch as Branch), ...outcome };
  };

  return {
    from(block) {
      const target = targets.of(block);
      return target ? [edgeTo(target, undefined)] : [];
    },
    branches() {
      const found = new Map<string, { branch: Branch; next: Edge[] }>();
      for (let block = waiting.shift(); block; block = waiting.shift()) {
        const next = targets.behind(block).map(({ target, when }) => edgeTo(target, when));
        found.set(keys.get(block) as string, { branch: block.branch as Branch, next });
      }
      return found;
    },
  };
}

/** Where blocks lead to. */
class Targets {
  readonly #graph: FlowGraph;
  readonly #stops = new Map<Block, ReadonlySet<Target>>();
  /** Branches all of whose edges lead to one target. */
  readonly #passed = new Map<Block, Target | undefined>();

  constructor(graph: FlowGraph) {
    this.#graph = graph;
    const dividing = graph.blocks.filter((block) => !this.#isStop(block) && live(block).length > 1);
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of dividing) {
        if (this.#passed.has(block)) continue;
        const behind = new Set(this.behind(block).map(({ target }) => target));
        if (behind.size > 1 && this.#stopsOf(block).size > 1) continue;
        this.#passed.set(block, behind.size > 1 ? [...this.#stopsOf(block)][0] : [...behind][0]);
        changed = true;
      }
    }
  }

  /** Undefined when control goes round for ever. */
  of(start: Block): Target | undefined {
    const seen = new Set<Block>();
    for (let block: Block | undefined = start; block && !seen.has(block); ) {
      if (this.#isStop(block)) return block;
      seen.add(block);
      const next = live(block);
      if (this.#passed.has(block)) block = this.#passed.get(block);
      else if (next.length > 1) return block;
      else block = next[0]?.to;
    }
    return undefined;
  }

  /** From a branch. A way back to it that suspends nowhere leads on by its other edges. */
  behind(branch: Block): { target: Target; when: string | undefined }[] {
    return live(branch).flatMap(({ to, when }) => {
      const target = this.of(to);
      return target && target !== branch ? [{ target, when }] : [];
    });
  }

  /** The suspensions and ends that can be reached without passing another one. */
  #stopsOf(start: Block): ReadonlySet<Target> {
    const known = this.#stops.get(start);
    if (known) return known;
    const stops = new Set<Target>();
    const seen = new Set([start]);
    for (const block of seen) {
      if (this.#isStop(block)) stops.add(block);
      else for (const { to } of live(block)) seen.add(to);
    }
    this.#stops.set(start, stops);
    return stops;
  }

  #isStop(block: Block): boolean {
    return block === this.#graph.exit || block === this.#graph.failure || labelOf(block) !== undefined;
  }
}

function live(block: Block): Block["next"] {
  return block.next.filter(({ dead }) => !dead);
}

function labelOf(block: Block): string | undefined {
  for (const item of block.items) if (item.kind === "suspend") return item.suspension.label;
  return undefined;
}
