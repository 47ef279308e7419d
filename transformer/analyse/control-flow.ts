/**
 * Control-flow graph of a unit: blocks of what liveness needs to know (uses, definitions, suspensions), edges between
 * them, and for each block the block where an exception goes.
 *
 * The graph points at bindings and suspensions; it rewrites nothing.
 */
import type { Binding, Suspension } from "../ir.ts";

export type Item =
  | { readonly kind: "use"; readonly binding: Binding }
  | { readonly kind: "define"; readonly binding: Binding }
  | { readonly kind: "suspend"; readonly suspension: Suspension };

export interface Block {
  readonly index: number;
  readonly items: Item[];
  readonly next: Edge[];
  /** Where an exception raised in this block goes; undefined leaves the unit. */
  readonly handler: Block | undefined;
}

export interface Edge {
  readonly to: Block;
  /** Source text of the condition, when the edge depends on one. */
  readonly when?: string;
}

export interface FlowGraph {
  readonly blocks: readonly Block[];
  readonly entry: Block;
  /** Reached by `return` and by the end of the body. */
  readonly exit: Block;
}
