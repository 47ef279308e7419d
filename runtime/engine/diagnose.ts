/**
 * What keeps a frame from being stored, told by the variable, the path inside it, and the label; or waited for, when it is a
 * promise that is about to be known. Only on failure.
 */
import { setImmediate } from "node:timers/promises";
import { encode } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import type { Activation } from "./activation.ts";
import { extensionsFor } from "./extensions.ts";
import type { Frame } from "./frame.ts";
import { encodeActivation, encodeAnew, UnstorableLoop } from "./image.ts";
import { storedSlots } from "./scopes.ts";
import { isSettled } from "./settled-promises.ts";

/** The text of a parked activation, or the fault to block the run with. */
export function frameOf(activation: Activation): string | BackstitchError {
  try {
    return encodeActivation(activation);
  } catch (error) {
    return unstorable(activation, error);
  }
}

/** Whether promises that kept it from being stored have settled in the meantime: then its text may be asked for again. */
export async function settles(activation: Activation): Promise<boolean> {
  if (activation.heard.length === 0) return false;
  hearAll(activation);
  const heard = activation.heard.splice(0);
  await setImmediate();
  return heard.some(isSettled);
}

/** Asks all promises of a frame at once, whatever else may keep it from being stored. */
function hearAll(activation: Activation): void {
  activation.hearsAll = true;
  try {
    encodeAnew(activation);
  } catch {
    // That is told when the text is asked for again.
  } finally {
    activation.hearsAll = false;
  }
}

function unstorable(activation: Activation, cause: unknown): BackstitchError {
  const at = `at label ${JSON.stringify(activation.label() ?? "start")}`;
  const found = culprit(activation, cause);
  return new BackstitchError("BS2102", {
    where: `${found ?? messageOf(cause)}, ${at} of run ${activation.owner.run}`,
    fix: "Keep only plain data in variables that live across an await, make the value again with local(() => …), or register its class with registerClass().",
    cause,
  });
}

function culprit(activation: Activation, cause: unknown): string | undefined {
  if (cause instanceof UnstorableLoop) return cause.message;
  const extensions = extensionsFor(activation);
  const problemIn = (value: unknown): string | undefined => {
    try {
      encode(value, extensions);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  for (const frame of activation.frames) {
    const found = culpritOfFrame(frame, problemIn);
    if (found) return found;
  }
  for (const { handle } of activation.reactions) {
    const problem = problemIn(handle.maker?.stored());
    if (problem) return `${handle.what}: ${problem}`;
  }
  for (const op of activation.ops.values()) {
    const where = `step ${JSON.stringify(op.id)}`;
    const problem = problemIn(op.input);
    if (problem) return `the input of ${where}: ${problem}`;
    const callback = op.callback && problemIn(op.callback);
    if (callback) return `the callback of ${where} is not compiled, or captures what cannot be stored: ${callback}`;
  }
  return undefined;
}

function culpritOfFrame(frame: Frame, problemIn: (value: unknown) => string | undefined): string | undefined {
  for (const [path, record] of frame.scopes) {
    if (frame.liveSlots()?.[path] === undefined) continue;
    for (const slot of storedSlots(record) ?? []) {
      const problem = problemIn(record[slot]);
      if (problem) return `variable \`${slot}\`${path === "" ? "" : ` of scope ${JSON.stringify(path)}`}: ${problem}`;
    }
  }
  for (const [name, cursor] of frame.openCursors()) {
    const problem = problemIn(cursor.image());
    if (problem) return `the collection of the loop ${JSON.stringify(name)}: ${problem}`;
  }
  for (const [name, resources] of frame.openResources()) {
    const problem = problemIn(resources);
    if (problem) return `the resource of \`${name}\`: ${problem}`;
  }
  for (const [name, { kind, value }] of frame.openCompletions()) {
    const problem = problemIn(value);
    if (problem) return `what \`${kind}\` carries through the finally ${JSON.stringify(name)}: ${problem}`;
  }
  const self = problemIn(frame.self);
  if (self) return `\`this\` of ${frame.info.code}: ${self}`;
  const problem = problemIn(frame.args);
  return problem && `the arguments of ${frame.info.code}: ${problem}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
