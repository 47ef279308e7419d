/** Where the search for suspensions stops: what suspends, is a function, or decides how what is inside of it is awaited. */
import type tsTypes from "typescript";
import type { Nodes } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";

/** Most nodes are none: going from one to the next costs less than walking the tree. */
export class Stops {
  private readonly all: readonly tsTypes.Node[];
  private next = 0;

  constructor(ts: TypeScript, nodes: Nodes) {
    this.all = nodes.all.filter((node) => isStop(ts, node));
  }

  /** Passes those in front of a node and around it. */
  enter({ pos, end }: tsTypes.Node): void {
    for (let stop = this.all[this.next]; stop && stop.pos <= pos; stop = this.all[++this.next]) {
      if (stop.pos === pos && stop.end <= end) return;
    }
  }

  /** The next one, if it ends at `end` at the latest. */
  take(end: number): tsTypes.Node | undefined {
    const stop = this.all[this.next];
    if (!stop || stop.end > end) return undefined;
    this.next++;
    return stop;
  }

  /** Passes what is left of a node. */
  leave({ end }: tsTypes.Node): void {
    for (let stop = this.all[this.next]; stop && stop.pos < end; stop = this.all[++this.next]);
  }
}

function isStop(ts: TypeScript, node: tsTypes.Node): boolean {
  const { SyntaxKind } = ts;
  switch (node.kind) {
    case SyntaxKind.AwaitExpression:
    case SyntaxKind.YieldExpression:
    case SyntaxKind.ReturnStatement:
    case SyntaxKind.TryStatement:
    case SyntaxKind.ForOfStatement:
    case SyntaxKind.ForInStatement:
    case SyntaxKind.ForStatement:
    case SyntaxKind.Block:
    case SyntaxKind.ClassStaticBlockDeclaration:
      return true;
    default:
      return ts.isFunctionLike(node);
  }
}
