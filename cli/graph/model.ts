/** What `graphOf` gives and the formats draw: nodes and edges, in an order that depends on the manifest alone. */

/** A `branch` divides by a condition, a `loop` by whether it goes on, a `fork` into what runs at the same time. */
export type NodeKind =
  | "start"
  | "step"
  | "sleep"
  | "wait"
  | "call"
  | "await"
  | "branch"
  | "loop"
  | "fork"
  | "join"
  | "completed"
  | "failed";

export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
  /** What people read: the name of a step, the text of a condition. */
  readonly text: string;
  /** Code id of the function that it stands in. */
  readonly function: string;
  /** The label where runs are parked while they are here. */
  readonly label?: string;
  /** Line in the author's file. */
  readonly line?: number;
  /** It stands in a `catch`: it is reached only after a failure. */
  readonly rollback?: true;
}

/** `rollback` is taken when what `from` waits for fails, `throw` when the code between throws. */
export type EdgeKind = "success" | "rollback" | "throw";

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** The outcome of a branch. */
  readonly text?: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}
