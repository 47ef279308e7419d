/**
 * Control-flow graph of a unit: blocks of what liveness needs to know (uses, definitions, suspensions), edges between
 * them, and for each block the block where an exception goes.
 *
 * The graph points at bindings and suspensions; it rewrites nothing.
 */
import type tsTypes from "typescript";
import type { BranchInfo } from "../../runtime/manifest.ts";
import type { Binding, Suspension } from "../ir.ts";

export type Item =
  /** `node` is the reference; absent where a nested function uses it, now or later. */
  | { readonly kind: "use"; readonly binding: Binding; readonly node: tsTypes.Node | undefined }
  | { readonly kind: "define"; readonly binding: Binding }
  | { readonly kind: "suspend"; readonly suspension: Suspension };

export interface Block {
  readonly index: number;
  readonly items: Item[];
  readonly next: Edge[];
  /** Where an exception raised in this block goes; undefined leaves the unit. */
  readonly handler: Block | undefined;
  /** What decides between its edges, when there are several. */
  branch?: Branch;
}

export interface Branch {
  readonly kind: BranchInfo["kind"];
  /** Gives the source text of the condition or of the loop's head. */
  readonly text: () => string;
  readonly node: tsTypes.Node;
}

export interface Edge {
  readonly to: Block;
  /** The outcome of the branch under which the edge is taken. */
  readonly when: string | undefined;
  /** Never taken (`while (true)` does not end by its test). Liveness follows it all the same. */
  readonly dead: boolean;
}

export interface FlowGraph {
  readonly blocks: readonly Block[];
  readonly entry: Block;
  /** Reached by `return` and by the end of the body. */
  readonly exit: Block;
  /** Reached by a `throw` that nothing in the function catches. */
  readonly failure: Block;
}
