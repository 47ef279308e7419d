/** What holds for the names of a whole file, whatever their scope: enough to tell that a name cannot change. */
import type tsTypes from "typescript";
import type { Nodes } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";
import { isWrite } from "./targets.ts";

export interface FileFacts {
  /** Names that are assigned to somewhere in the file, declarations aside. */
  readonly assigned: ReadonlySet<string>;
  /** Names that are declared or imported somewhere in the file. */
  readonly declared: ReadonlySet<string>;
}

export function findFileFacts(ts: TypeScript, nodes: Nodes): FileFacts {
  const assigned = new Set<string>();
  const declared = new Set<string>();
  for (const name of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    if (isWrite(ts, name)) assigned.add(name.text);
    if (isDeclaration(ts, name)) declared.add(name.text);
  }
  return { assigned, declared };
}

function isDeclaration(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return false;
  return (parent as tsTypes.Node & { readonly name?: tsTypes.Node }).name === node;
}
