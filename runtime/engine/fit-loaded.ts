/** Holds what was loaded to the code that is to go on with it, and gives new variables what they start with. */
import { SafeMap } from "../codec/index.ts";
import type { BackstitchError } from "../faults.ts";
import { awaitSuffix, type CodeInfo, type FrameLayout, keysSuffix, own, type WayOut } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import type { CallFrame } from "./call-frame.ts";
import type { ClosureRecord, Invocation } from "./closures.ts";
import type { Loaded } from "./extensions.ts";
import { fitOf, type HeldFrame, type Misfit } from "./fit.ts";
import { Frame } from "./frame.ts";
import type { GeneratorImage, LoadedGenerator } from "./generator-images.ts";
import { generatorCodeOf } from "./generators.ts";
import type { FrameImage, RunImage } from "./image.ts";
import { codeOf, goneCode, hashIn } from "./registry.ts";
import { newRecord, originOf, type ScopeRecord } from "./scopes.ts";

/** @throws BackstitchError BS2103 when the frames or the closures of the run do not fit the loaded code */
export function requireFits(
  activation: Activation,
  image: RunImage,
  { closures }: Loaded,
  generators: readonly LoadedGenerator[],
): void {
  const images = new SafeMap(image.frames?.map((frame) => [frame.number, frame]));
  const names = new SafeMap<ScopeRecord, string>();
  for (const frame of activation.frames) {
    for (const [path, record] of frame.scopes) names.set(record, frame.scopeName(path));
    requireFrame(frame, images.get(frame.number) as FrameImage, image.hash);
  }
  for (const { frame, image: held } of generators) requireFrame(frame, frameOf(held), image.hash);
  for (const closure of closures) {
    requireClosure(activation, closure, names, isSameCode(activation, closure.invocation, image.hash));
  }
}

function requireFrame(frame: CallFrame, image: StoredFrame, handlerHash: string | undefined): void {
  const { activation, info, invocation, scopes } = frame;
  if (image.at === undefined) return;
  const sameCode = isSameCode(activation, invocation, handlerHash);
  const { misfits, defaults } = fitOf(heldBy(image, sameCode), info);
  const [first] = misfits;
  if (first) throw misfit(info.code, image.at ?? "", first);
  for (const { scope, name, value } of defaults) {
    const record = scopes.get(scope) ?? newRecord(frame, scope);
    scopes.set(scope, record);
    record[name] = value[0];
  }
}

/** Whether the same text of the function stored what belongs to a call. */
function isSameCode(activation: Activation, { code }: Invocation, handlerHash: string | undefined): boolean {
  return activation.code(code)?.info.hash === (hashIn(code) ?? handlerHash);
}

/** What is asked of a stored frame. */
export type StoredFrame = Pick<
  FrameImage,
  "at" | "kind" | "scopes" | "cursors" | "completions" | "resources" | "parameters"
>;

function frameOf({ at, scopes, cursors, completions, parameters }: GeneratorImage): StoredFrame {
  return {
    ...(at !== undefined && { at }),
    kind: "yield",
    ...(scopes && { scopes }),
    ...(cursors && { cursors }),
    ...(completions && { completions }),
    ...(parameters && { parameters }),
  };
}

/** What a stored frame holds. */
export function heldBy(image: StoredFrame, sameCode: boolean): HeldFrame {
  const { at = "", kind = "step", scopes, cursors, completions, resources, parameters } = image;
  const held: Record<string, readonly string[]> = {};
  for (const [path, record] of Object.entries(scopes ?? {})) {
    Object.defineProperty(held, path, { value: slotsIn(record), enumerable: true });
  }
  const ways: Record<string, readonly WayOut[]> = {};
  for (const [name, completion] of Object.entries(completions ?? {})) ways[name] = wayOf(completion.kind);
  return {
    label: at,
    kind,
    scopes: held,
    cursors: Object.entries(cursors ?? {}).map(([name, { kind: of }]) => name + (suffixes[of] ?? "")),
    resources: Object.keys(resources ?? {}),
    completions: ways,
    parameters: parameters ?? [],
    sameCode,
  };
}

/** What names of cursors end with in layouts, by the kind of the cursor. */
const suffixes: Readonly<Record<string, string>> = { keys: keysSuffix, async: awaitSuffix, awaited: awaitSuffix };

/** Names of the slots of a loaded record, those included that were not initialised. */
function slotsIn(record: ScopeRecord): string[] {
  return [...Object.keys(record), ...(originOf(record)?.unset ?? [])];
}

/** An error is a way that every `finally` has. */
function wayOf(kind: string): WayOut[] {
  if (kind === "throw" || kind === "next") return [];
  return kind === "return" || kind === "value" ? [kind] : ["jump"];
}

/** A closure gets the records of the scopes that its code means, with the variables that it needs. */
function requireClosure(
  activation: Activation,
  closure: ClosureRecord,
  names: ReadonlyMap<ScopeRecord, string>,
  sameCode: boolean,
): void {
  const { invocation, id, scopes } = closure;
  const info = activation.code(invocation.code)?.info;
  if (info === undefined) return;
  const table = Frame.tableOf(activation, invocation);
  const make = own(table, id);
  const expected = own(info.captures, id) ?? (make?.length === 1 ? [""] : []);
  if (make?.length !== scopes.length || expected.length !== scopes.length) throw capturesOthers(info, id);
  for (const [position, record] of scopes.entries()) {
    const scope = expected[position] as string;
    const isOfNoFrame = scope.startsWith("*");
    // By the same text it has them, or they were not initialised.
    if (isOfNoFrame && sameCode) continue;
    const missing = isOfNoFrame ? neededOf(scope, record) : missingOf(scope, record, names, layoutOf);
    if (missing === "other") throw capturesOthers(info, id);
    if (missing !== undefined)
      throw goneCode(info.code, `the function "${id}" needs a variable "${missing}", which was not kept for it`);
  }

  /** Layout of the function whose scope it is: the unit's, or that of a function nested in it. */
  function layoutOf(owner: string): FrameLayout | undefined {
    if (owner === "") return info;
    const nested: unknown = own(table, owner)?.();
    return typeof nested === "function" ? (codeOf(nested) ?? generatorCodeOf(nested))?.info : undefined;
  }
}

/** `*total,rate`: variables of a function that is no frame. Their names are all that is known of them. */
function neededOf(scope: string, record: ScopeRecord): string | undefined {
  const there = slotsIn(record);
  return scope === "*"
    ? undefined
    : scope
        .slice(1)
        .split(",")
        .find((name) => !there.includes(name));
}

/** A variable that the closures of the scope need and the record lacks; `other` when it is of another scope. */
function missingOf(
  scope: string,
  record: ScopeRecord,
  names: ReadonlyMap<ScopeRecord, string>,
  layoutOf: (owner: string) => FrameLayout | undefined,
): string | undefined {
  const stored = originOf(record)?.name;
  const name = names.get(record) ?? stored ?? undefined;
  if (name === undefined) return undefined;
  if (name !== scope) return "other";
  // That of a frame was held to the layout already.
  if (names.has(record)) return undefined;
  const [, owner = "", path = scope] = /^(.*)\(\) (.*)$/s.exec(scope) ?? [];
  const there = slotsIn(record);
  return own(layoutOf(owner)?.kept, path)?.find((slot) => !there.includes(slot));
}

function capturesOthers({ code }: CodeInfo, id: string): BackstitchError {
  return goneCode(code, `the function "${id}" refers to variables of other scopes than the one that was stored`);
}

function misfit(code: string, label: string, { about, text }: Misfit): BackstitchError {
  return goneCode(code, about === "label" ? text : `parked at ${JSON.stringify(label)}, ${text}`);
}
