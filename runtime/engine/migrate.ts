/** Has the author's `migrate` bring the frames of a run to the loaded code. The stored text itself is not touched. */
import { BackstitchError } from "../faults.ts";
import type { Migrate, StoredFrame, StoredStepCall } from "../migration.ts";
import type { ActivationOwner } from "./activation.ts";
import type { RunnableFunction } from "./contract.ts";
import type { FrameImage, OpImage, RunImage } from "./image.ts";
import { requireKnown } from "./read-image.ts";
import { codeOf, hashIn, idIn, type RegisteredCode, referenceTo, referredCode } from "./registry.ts";
import { newRecord, type ScopeRecord } from "./scopes.ts";
import { noReferences, readStoredRun, StoredClosure, writeStoredRun } from "./stored-run.ts";

/** Whose frames they are. */
interface MigratedRun {
  readonly owner: Pick<ActivationOwner, "run" | "events">;
  readonly handler: object;
  readonly migrate: Migrate;
}

type Draft<Image> = { -readonly [Key in keyof Image]: Image[Key] };

/**
 * The stored text as the author of the loaded code wants it: as it is when that code stored all frames itself.
 *
 * @throws BackstitchError BS2111 when the author's function throws, or what it leaves cannot be stored
 */
export function migratedText(
  text: string | null,
  owner: MigratedRun["owner"],
  { handler, migrate }: RunnableFunction,
): string | null {
  return migrate && text !== null ? migrated(text, { owner, handler, migrate }) : text;
}

function migrated(text: string, run: MigratedRun): string {
  try {
    const references = noReferences();
    const image = readStoredRun(text, references) as Draft<RunImage>;
    requireKnown(image.format);
    const outdated = (image.frames ?? []).filter((frame) => !frame.returned && isOutdated(image, frame, run));
    const generators = references.generators.filter(
      ({ frame }) => frame.at !== undefined && isOutdated(image, frame, run),
    );
    if (outdated.length === 0 && generators.length === 0) return text;
    for (const frame of outdated) migrateFrame(image, frame, run);
    for (const generator of generators) {
      const { frame } = generator;
      migrateFrame(image, frame, run);
      generator.frame = frame;
    }
    return writeStoredRun(image);
  } catch (cause) {
    throw new BackstitchError("BS2111", {
      where: `run ${run.owner.run}: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: "The run is as it was. Put right the `migrate` of its function, then resume the run.",
      cause,
    });
  }
}

function isOutdated(image: RunImage, frame: FrameImage, run: MigratedRun): boolean {
  const loaded = loadedCode(referenceOf(frame), run);
  return loaded === undefined || loaded.info.hash !== hashOf(image, frame, run);
}

/** How the outermost function of a frame is named: that of a closure is the function whose table has it. */
function referenceOf({ code, closure }: FrameImage): string {
  return closure instanceof StoredClosure ? closure.reference : code;
}

/** The handler is named by its id alone, and its hash stands with the run. */
function hashOf(image: RunImage, frame: FrameImage, { handler }: MigratedRun): string | undefined {
  const reference = referenceOf(frame);
  return reference === codeOf(handler)?.info.code ? image.hash : hashIn(reference);
}

function loadedCode(reference: string, { handler }: MigratedRun): RegisteredCode | undefined {
  const own = codeOf(handler);
  return own?.info.code === reference ? own : referredCode(handler, reference);
}

function migrateFrame(image: RunImage, stored: FrameImage, run: MigratedRun): void {
  const op = image.ops?.find(({ number }) => isOn(stored, number));
  const frame: StoredFrame = {
    runId: run.owner.run,
    code: idIn(stored.code),
    hash: hashOf(image, stored, run),
    label: stored.at ?? "",
    kind: stored.kind ?? "step",
    args: argsOf(stored, run),
    parameters: stored.parameters ?? [],
    cursors: { ...stored.cursors },
    completions: { ...stored.completions },
    resources: { ...stored.resources },
    step: op && stepCall(op),
    scope: (path) => scopeOf(stored, path),
    dropScope: (path) => {
      if (stored.scopes) Reflect.deleteProperty(stored.scopes, path);
    },
  };
  if (run.migrate(frame) !== frame) throw new TypeError("migrate() must give back the frame that it was given");
  write(stored, frame, run);
}

/** Arguments that the frame leaves out are made of the run's events each time it is loaded: these are to be read only. */
function argsOf({ args }: FrameImage, { owner }: MigratedRun): unknown[] {
  if (Array.isArray(args)) return args;
  const events = owner.events();
  return Object.freeze([Object.freeze({ event: events[0], events, runId: owner.run })]) as unknown[];
}

function isOn({ on }: FrameImage, op: number): boolean {
  return typeof on === "object" && on !== null && "op" in on && on.op === op;
}

function stepCall({ id, kind, callback }: OpImage): StoredStepCall {
  return { id, kind, callback: callback instanceof StoredClosure ? callback : undefined };
}

function scopeOf(stored: Draft<FrameImage>, path: string): ScopeRecord {
  const scopes = stored.scopes ?? {};
  stored.scopes = scopes;
  if (!Object.hasOwn(scopes, path)) {
    Object.defineProperty(scopes, path, { value: newRecord(), enumerable: true, configurable: true, writable: true });
  }
  return scopes[path] as ScopeRecord;
}

function write(stored: Draft<FrameImage>, frame: StoredFrame, run: MigratedRun): void {
  const { code, label, kind, parameters, cursors, completions, resources, step } = frame;
  // A frame that has not begun has no label, and a step no kind.
  if (label === "") delete stored.at;
  else stored.at = label;
  if (kind === "step") delete stored.kind;
  else stored.kind = kind;
  stored.parameters = parameters;
  stored.cursors = cursors;
  stored.completions = completions as NonNullable<FrameImage["completions"]>;
  stored.resources = resources;
  const before = referenceOf(stored);
  const after = loadedCode(code === idIn(stored.code) ? before : code, run);
  if (after === undefined || stored.closure) return;
  const reference = after === codeOf(run.handler) ? after.info.code : referenceTo(after.info);
  stored.code = reference;
  const callback = step?.callback;
  if (callback instanceof StoredClosure && callback.reference === before) callback.reference = reference;
}
