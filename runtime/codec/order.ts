/** The order in which definitions that refer to one another can be completed. */
import { SafeMap, SafeSet } from "./collections.ts";

/**
 * The strongly connected components of a graph with nodes `0 … count - 1`, each after all that it depends on; the
 * nodes of a component ascend. Iterative (Tarjan's algorithm with a stack of its own), because a text chooses how long
 * a chain of references is.
 */
export function components(count: number, dependencies: (node: number) => readonly number[]): number[][] {
  const index = new Int32Array(count).fill(-1);
  const lowest = new Int32Array(count);
  const closed = new Uint8Array(count);
  const open: number[] = [];
  const found: number[][] = [];
  let visited = 0;

  const enter = (node: number) => {
    index[node] = lowest[node] = visited++;
    open.push(node);
    return { node, edges: dependencies(node), next: 0 };
  };
  const lower = (node: number, to: number) => {
    if (to < (lowest[node] as number)) lowest[node] = to;
  };

  for (let start = 0; start < count; start++) {
    if (index[start] !== -1) continue;
    const walk = [enter(start)];
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const target = top.edges[top.next++];
      if (target === undefined) {
        walk.pop();
        const parent = walk.at(-1);
        if (parent) lower(parent.node, lowest[top.node] as number);
        if (lowest[top.node] === index[top.node]) {
          const members = open.splice(open.lastIndexOf(top.node));
          for (const member of members) closed[member] = 1;
          found.push(members.sort((a, b) => a - b));
        }
      } else if (index[target] === -1) {
        walk.push(enter(target));
      } else if (closed[target] === 0) {
        lower(top.node, index[target] as number);
      }
    }
  }
  return found;
}

/** True when a component is a cycle: several nodes, or one that depends on itself. */
export function isCycle(component: readonly number[], dependencies: (node: number) => readonly number[]): boolean {
  const [first] = component;
  return component.length > 1 || (first !== undefined && dependencies(first).includes(first));
}

/** One definition to complete. */
export interface Completion {
  readonly index: number;
  /** It is made from its parts and one of them: it cannot be completed. */
  readonly isOwnPart: boolean;
}

/**
 * All definitions in the order of completion, each after those that it refers to. In a cycle, values made from parts
 * come before the containers that hold them; containers without such parts come first.
 */
export function* completionOrder(
  count: number,
  references: (index: number) => readonly number[],
  isMade: (index: number) => boolean,
): Generator<Completion> {
  for (const component of components(count, references)) {
    const [only] = component;
    if (component.length === 1 && only !== undefined) yield { index: only, isOwnPart: false };
    else yield* orderInCycle(component, references, isMade);
  }
}

function* orderInCycle(
  component: readonly number[],
  references: (index: number) => readonly number[],
  isMade: (index: number) => boolean,
): Generator<Completion> {
  const made = component.filter(isMade);
  const position = new SafeMap(made.map((index, order) => [index, order]));
  const madeParts = (index: number) =>
    references(index).flatMap((target) => {
      const order = position.get(target);
      return order === undefined ? [] : [order];
    });
  const containers = component.filter((index) => !position.has(index));
  const early = new SafeSet(containers.filter((index) => madeParts(index).length === 0));
  for (const index of early) yield { index, isOwnPart: false };
  const partsAt = (order: number) => madeParts(made[order] as number);
  for (const group of components(made.length, partsAt)) {
    yield { index: made[group[0] as number] as number, isOwnPart: isCycle(group, partsAt) };
  }
  for (const index of containers) if (!early.has(index)) yield { index, isOwnPart: false };
}

/** What an encoded value names as definitions. Not recursive: this runs before the depth is checked. */
export function referencesIn(raw: unknown): unknown[] {
  const targets: unknown[] = [];
  const pending = [raw];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== "object" || next === null) continue;
    for (const [key, item] of Object.entries(next)) {
      if (key === "$ref") targets.push(item);
      else if (typeof item === "object" && item !== null) pending.push(item);
    }
  }
  return targets;
}
