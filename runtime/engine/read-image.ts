/** Text to activation: frames, ops and handles are made of their images, and everybody waits again in the old order. */
import { decode, SafeMap } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import { Activation, type ActivationOwner, type Wait } from "./activation.ts";
import { Call } from "./call.ts";
import type { Invocation } from "./closures.ts";
import { Combination, type CombinationImage } from "./combinations.ts";
import { Deferred } from "./deferred.ts";
import { extensionsFor, type Loaded, nothingLoaded } from "./extensions.ts";
import { requireFits } from "./fit-loaded.ts";
import { Frame } from "./frame.ts";
import type { Completion } from "./frame-finally.ts";
import { Handle, type HandleImage, ReturnedHandle } from "./handle.ts";
import {
  type CompletionImage,
  earliestImageFormat,
  type FrameImage,
  imageFormat,
  type OpImage,
  type RunImage,
} from "./image.ts";
import { type Op, OpMaker } from "./ops.ts";
import type { StoredPaths } from "./outer-notes.ts";
import { Reaction, type ReactionImage } from "./reactions.ts";
import { bodyOf, type CompiledCode, codeOf, goneCode } from "./registry.ts";
import { ownRecord } from "./scopes.ts";
import { type MapImage, StepMap } from "./step-map.ts";

/**
 * A stored run, not entered yet.
 *
 * @param stored what paths to values of modules mean, if this process wrote the text, and no code went on behind it
 * @throws BackstitchError BS2103 when no loaded code has a frame's code id and label, BS2104 when the text is no image,
 *   BS2108 when a local value cannot be made again
 */
export function decodeActivation(text: string, owner: ActivationOwner, stored?: StoredPaths): Activation {
  const activation = new Activation(owner);
  activation.outer.ofFrame = stored;
  const loaded = nothingLoaded();
  try {
    const image = decode(owner.pieces?.whole(text) ?? text, extensionsFor(activation, loaded)) as RunImage;
    for (const restore of loaded.classes) restore();
    for (const settle of loaded.settled) settle();
    const generators = loaded.generators.map((restore) => restore());
    requireKnown(image.format);
    activation.lastOp = image.lastOp;
    activation.lastMade = image.lastMade ?? 0;
    activation.lastFrame = image.lastFrame ?? 1;
    activation.attempt = image.attempt ?? 0;
    activation.dueAt = image.dueAt ?? 0;
    activation.startedAt = image.startedAt ?? 0;
    activation.cancelling = image.cancelling;
    activation.lastOpOfHandler = image.lastOpOfHandler ?? 0;
    activation.interruptions = image.interruptions ?? 0;
    activation.end = image.end;
    if (image.closed) activation.close();
    activation.root = new ImageReader(activation, loaded).read(image);
    if (image.format > 2) requireFits(activation, image, loaded, generators);
    return activation;
  } catch (error) {
    throw (
      faultIn(error) ??
      new BackstitchError("BS2104", {
        where: `the frame of run ${owner.run}: ${error instanceof Error ? error.message : String(error)}`,
        fix: "Deploy the version of backstitch that wrote it, or cancel the run.",
        cause: error,
      })
    );
  }
}

export function requireKnown(format: number): void {
  if (format >= earliestImageFormat && format <= imageFormat) return;
  throw new Error(`its format is ${String(format)}, known are ${earliestImageFormat} to ${imageFormat}`);
}

class ImageReader {
  readonly #activation: Activation;
  readonly #loaded: Loaded;
  readonly #byOp = new SafeMap<number, Handle>();
  readonly #byCall = new SafeMap<number, Handle>();
  readonly #waits: Wait[] = [];

  constructor(activation: Activation, loaded: Loaded) {
    this.#activation = activation;
    this.#loaded = loaded;
  }

  /** Gives the handler's frame. */
  read(image: RunImage): Frame | undefined {
    const makers: [Handle, HandleImage][] = [];
    for (const [handle, made] of this.#loaded.handles) {
      handle.isPromise = "promise" in made || "combined" in made || "deferred" in made;
      if ("op" in made) this.#byOp.set(made.op, handle);
      else if ("call" in made) this.#byCall.set(made.call, handle);
      else if ("value" in made) handle.outcome = { ok: true, value: made.value };
      else if ("error" in made) this.#failed(handle, made.error);
      else if (!("dropped" in made)) makers.push([handle, made]);
    }
    for (const op of image.ops ?? []) this.#op(op);
    const frames = (image.frames ?? []).map((frame) => ({ frame: this.#frame(frame), image: frame }));
    for (const [handle, made] of makers) this.#maker(handle, made);
    for (const { frame, image: stored } of frames) this.#waiting(frame, stored);
    if (image.rollbacks) this.#waits.push(...this.#activation.rollbacks.restore(image.rollbacks));
    // What is settled without having been delivered is of a run that is closed: nobody is to hear of it.
    const waits = this.#waits.filter(({ handle }) => handle.outcome === undefined);
    for (const { handle } of waits) handle.countWaiter();
    this.#activation.waits = inOrder(waits);
    this.#activation.lastWait = this.#waits.reduce((last, { waiter }) => Math.max(last, waiter.since), 0);
    return frames.find(({ frame }) => frame.number === image.root)?.frame;
  }

  #failed(handle: Handle, error: unknown): void {
    this.#activation.noteCommitted(error);
    handle.outcome = { ok: false, error };
  }

  #op(image: OpImage): void {
    const what = `step ${JSON.stringify(image.id)}`;
    const handle = this.#byOp.get(image.number) ?? new Handle(what, this.#activation);
    handle.maker = new OpMaker(image.number);
    this.#byOp.set(image.number, handle);
    this.#activation.addOp({
      number: image.number,
      id: image.id,
      kind: image.kind,
      handle,
      callback: image.callback as Op["callback"],
      input: image.input ?? [],
      options: image.options,
      attempt: image.attempt ?? 0,
      dueAt: image.dueAt ?? 0,
      madeAt: image.madeAt ?? 0,
      outcome: image.outcome,
      running: false,
      lostAttempt: undefined,
      announcement: undefined,
    });
  }

  #frame(image: FrameImage): Frame {
    const { number, closure, args, self, at } = image;
    const invocation = closure ? this.#activation.closures.get(closure)?.invocation : this.#invocation(image);
    const code = this.#code(image);
    if (at !== undefined && !Object.hasOwn(code.info.labels, at)) {
      throw goneCode(image.code, `the function has no label ${JSON.stringify(at)}`);
    }
    const call = this.#byCall.get(number);
    const frame = new Frame(this.#activation, code, args, { closure, invocation, call, self, number });
    this.#byCall.set(number, frame.call);
    frame.argumentsObject = image.arguments;
    if (image.returned) frame.place = { label: "return", returned: true };
    else if (at !== undefined) frame.place = { label: at, returned: false };
    for (const [path, record] of Object.entries(image.scopes ?? {})) {
      ownRecord(record, frame, path);
      frame.scopes.set(path, record);
    }
    const completions = Object.entries(image.completions ?? {}).map(([name, completion]): [string, Completion] => [
      name,
      loadedCompletion(completion, frame),
    ]);
    frame.restore(image, completions);
    return frame;
  }

  /** A closure has its code itself: its body closes over records. */
  #code({ code, closure, self }: FrameImage): CompiledCode {
    const registered = closure ? codeOf(closure) : this.#activation.code(code);
    if (registered === undefined) {
      throw goneCode(
        code,
        closure ? "the function is no durable function any more" : "no loaded module has this function",
      );
    }
    return "body" in registered ? registered : { ...registered, body: bodyOf(registered, self) };
  }

  #invocation({ code, args, self }: FrameImage): Invocation {
    const known = this.#loaded.invocations.get(args) ?? { code, args, self, table: undefined };
    this.#loaded.invocations.set(args, known);
    return known;
  }

  #maker(handle: Handle, image: HandleImage): void {
    if ("deferred" in image) new Deferred(handle);
    else if ("then" in image) {
      const { on, since = 0, ...reactions } = image.then as ReactionImage;
      if (reactions.held?.ok === false) this.#activation.noteCommitted(reactions.held.error);
      const reaction = new Reaction(handle, on, reactions);
      reaction.since = since;
      this.#waits.push({ handle: on, waiter: reaction });
    } else if ("combined" in image) {
      const { kind, elements, since } = image.combined as CombinationImage;
      this.#waits.push(...new Combination(handle, kind, elements).restore(since));
    } else if ("map" in image) this.#waits.push(...StepMap.restored(handle, image.map as MapImage));
  }

  #waiting(frame: Frame, { on, since = 0 }: FrameImage): void {
    if (on === undefined) return;
    const handle = on instanceof Handle ? on : "op" in on ? this.#byOp.get(on.op) : this.#byCall.get(on.call);
    if (handle === undefined) throw new Error("a frame waits for an op or a call that the run does not have");
    frame.waiting = handle;
    if (frame.info.returnsHandle) frame.call.isPromise = handle.isPromise;
    frame.since = since;
    this.#waits.push({ handle, waiter: frame });
  }
}

function loadedCompletion({ kind, value, handle }: CompletionImage, frame: Frame): Completion {
  frame.activation.noteCommitted(value);
  return { kind, value: handle ? new ReturnedHandle(handle, frame) : value };
}

/** A call is entered before those that wait for it; those that wait for the same are attached as they once were. */
function inOrder(waits: readonly Wait[]): Wait[] {
  const depths = new SafeMap<Handle, number>();
  return waits
    .map((wait) => ({ wait, depth: depthOf(wait.handle, depths) }))
    .sort((one, other) => one.depth - other.depth || one.wait.waiter.since - other.wait.waiter.since)
    .map(({ wait }) => wait);
}

/** How many calls a handle comes down through: recursions may be deep, so this does not recurse. */
function depthOf(handle: Handle, depths: Map<Handle, number>): number {
  const chain: Handle[] = [];
  let at: Handle | undefined = handle;
  while (at && !depths.has(at)) {
    depths.set(at, 0);
    chain.push(at);
    at = at.maker instanceof Call ? at.maker.frame.waiting : undefined;
  }
  let depth = at === undefined ? -1 : (depths.get(at) ?? 0);
  for (const each of chain.reverse()) depths.set(each, ++depth);
  return depths.get(handle) ?? 0;
}

/** A fault that decoding wrapped: gone code, a local value that cannot be made. */
function faultIn(error: unknown): BackstitchError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof BackstitchError) return at;
  return undefined;
}
