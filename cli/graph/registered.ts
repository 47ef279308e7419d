/**
 * The ways through what `.rollback(f)` has registered. When a function fails, what was registered last runs first: a failure
 * leads to what undoes the last step in front of it that has registered something, and from there to the one before that.
 *
 * Where several ways lead to a place, several steps may be the last one: they are found as definitions are that reach it.
 */
import type { GraphEdge } from "./model.ts";

/** How a step is undone. */
export interface Undo {
  /** What comes first of it. */
  readonly entries: readonly string[];
  /** To where the edges lead that leave it. */
  readonly exit: string;
  /** Where the function fails. */
  readonly failed: string;
}

/** What runs at the same time, between two nodes. */
export interface Fork {
  readonly id: string;
  readonly join: string;
  /** When it has succeeded, all of its branches have. */
  readonly needsAll: boolean;
  /** Its one branch stands for those of all elements of a list. */
  readonly isEach: boolean;
}

/** What may have been registered last, `undefined` when it may be nothing. */
type Last = ReadonlySet<Undo | undefined>;

export class Registered {
  /** By the step, in the order in which it registers. */
  readonly #undos = new Map<string, Undo[]>();
  readonly #forks = new Map<string, Fork>();

  add(step: string, undo: Undo): void {
    this.#undos.set(step, [...(this.#undos.get(step) ?? []), undo]);
  }

  addFork(fork: Fork): void {
    this.#forks.set(fork.join, fork);
  }

  /** The edges with what is registered in front of the failed ends. */
  lead(edges: readonly GraphEdge[], starts: readonly string[]): readonly GraphEdge[] {
    if (this.#undos.size === 0) return edges;
    const states = this.#statesIn(edges, starts);
    const undos = [...this.#undos].flatMap(([step, all]) =>
      all.map((undo, index) => ({ step, undo, before: all[index - 1] })),
    );
    const failed = new Set(undos.map(({ undo }) => undo.failed));
    const exits = new Map(undos.map((each) => [each.undo.exit, each]));
    const led = edges.flatMap((edge) => {
      const left = exits.get(edge.to);
      if (!left && !failed.has(edge.to)) return [edge];
      const end = left ? left.undo.failed : edge.to;
      const last = left ? (left.before ? new Set([left.before]) : states.in(left.step)) : states.behind(edge);
      return [...last].flatMap((undo) => undo?.entries ?? [end]).map((to) => ({ ...edge, to }));
    });
    return [...new Map(led.map((edge) => [JSON.stringify([edge.from, edge.to, edge.kind, edge.text]), edge])).values()];
  }

  #statesIn(edges: readonly GraphEdge[], starts: readonly string[]): States {
    const states = new States(edges, this.#undos, this.#forks);
    states.flow(starts);
    return states;
  }
}

/** What may have been registered last when control comes to a node, of all nodes. */
class States {
  readonly #edges: readonly GraphEdge[];
  readonly #undos: ReadonlyMap<string, readonly Undo[]>;
  readonly #forks: ReadonlyMap<string, Fork>;
  readonly #in = new Map<string, Set<Undo | undefined>>();

  constructor(
    edges: readonly GraphEdge[],
    undos: ReadonlyMap<string, readonly Undo[]>,
    forks: ReadonlyMap<string, Fork>,
  ) {
    this.#undos = undos;
    this.#forks = forks;
    this.#edges = inSequence(edges, [...forks.values()]);
  }

  in(node: string): Last {
    return this.#in.get(node) ?? new Set([undefined]);
  }

  flow(starts: readonly string[]): void {
    for (const start of starts) this.#in.set(start, new Set([undefined]));
    for (let changed = true; changed; ) {
      changed = false;
      for (const edge of this.#edges) {
        const reached = this.#in.get(edge.to) ?? new Set();
        const before = reached.size;
        if (this.#in.has(edge.from)) for (const undo of this.behind(edge)) reached.add(undo);
        this.#in.set(edge.to, reached);
        changed ||= reached.size > before;
      }
    }
  }

  /** A step that fails has registered nothing. Of what runs at the same time, some may have succeeded. */
  behind({ from, kind }: Pick<GraphEdge, "from" | "kind">): Last {
    const fork = this.#forks.get(from);
    if (fork && (kind === "rollback" || !fork.needsAll)) return this.#ofAny(fork);
    const own = kind === "rollback" ? undefined : this.#undos.get(from)?.at(-1);
    return own ? new Set([own]) : this.in(from);
  }

  #ofAny({ id, join }: Fork): Last {
    const inside = [...this.#in].filter(([node]) => node === id || node === join || isInside(node, id));
    const ofSteps = inside.flatMap(([node]) => this.#undos.get(node)?.at(-1) ?? []);
    return new Set([...inside.flatMap(([, last]) => [...last]), ...ofSteps]);
  }
}

/** The edges of a graph whose branches run one after the other: what they register stands in one list. */
function inSequence(edges: readonly GraphEdge[], forks: readonly Fork[]): GraphEdge[] {
  return forks.reduce((before, { id, join, isEach }) => {
    const entering = before.filter(({ from, to }) => from === id && isInside(to, id));
    const leaving = before.filter(({ from, to }) => to === join && isInside(from, id));
    const others = before.filter((edge) => !entering.includes(edge) && !leaving.includes(edge));
    const branches = [...new Set(entering.map(({ to }) => branchOf(to, id)))];
    const of = (branch: string) => ({
      first: entering.filter(({ to }) => branchOf(to, id) === branch),
      last: leaving.filter(({ from }) => branchOf(from, id) === branch),
    });
    return branches.reduce<GraphEdge[]>((made, branch, index) => {
      const { first, last } = of(branch);
      const next = branches[index + 1];
      const to = next === undefined ? [join] : of(next).first.map((edge) => edge.to);
      if (index === 0) made.push(...first);
      const again = isEach ? first.map((edge) => edge.to) : [];
      for (const edge of last) made.push(...[...to, ...again].map((target) => ({ ...edge, to: target })));
      return made;
    }, others);
  }, edges as GraphEdge[]);
}

function isInside(node: string, fork: string): boolean {
  return node.startsWith(`${fork}:`) && node !== `${fork}:join`;
}

/** The number of the branch of a fork that a node is in. */
function branchOf(node: string, fork: string): string {
  return /^\d+/.exec(node.slice(fork.length + 1))?.[0] ?? "";
}
