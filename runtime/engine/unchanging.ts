/** What nobody changes of a run: the arguments of a handler that only reads some primitives of them. */
import type { Activation } from "./activation.ts";
import { isPrimitiveAt } from "./leaves-frame.ts";

/** Asked before each text; what holds before the first one holds as long as the activation lives. */
export function noteUnchanging(activation: Activation): void {
  const { root, sharing } = activation;
  if (root === undefined) return;
  activation.argumentsStay ??= argumentsStay(activation);
  if (activation.argumentsStay) sharing.note(root.args);
}

function argumentsStay({ root, owner }: Activation): boolean {
  const reads = root?.info.argumentReads;
  if (root === undefined || reads === undefined || !owner.ownsArguments || root.argumentsObject) return false;
  return reads.every((path) => isPrimitiveAt(root.args, path));
}
