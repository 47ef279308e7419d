/**
 * Whether a frame fits code: what it holds against the layout of the function. The engine asks it of every frame that it
 * loads, `backstitch check --against` of the frames that runs have, or may have. Nothing else decides.
 */
import { SafeSet } from "../codec/index.ts";
import {
  type FrameLayout,
  own,
  type SlotDefault,
  type SuspensionKind,
  temporariesPath,
  type WayOut,
} from "../manifest.ts";

/** What a frame holds. */
export interface HeldFrame {
  readonly label: string;
  /** Of the suspension, in the code that parked it. */
  readonly kind: SuspensionKind;
  /** Names of the slots by scope path, those included that were not initialised yet. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  readonly cursors: readonly string[];
  /** Scopes with resources that were declared. */
  readonly resources: readonly string[];
  /** How each pending `finally` was, or may have been, entered. An error is a way that every `finally` has. */
  readonly completions: Readonly<Record<string, readonly WayOut[]>>;
  /** As in `FrameLayout`. */
  readonly parameters: readonly string[];
  /** The same text of the function stored it. */
  readonly sameCode: boolean;
}

/** Why a frame does not fit. */
export interface Misfit {
  readonly about: "label" | "kind" | "slot" | "loop" | "resource" | "finally" | "parameters" | "closure";
  /** Continues "the frame is parked at …:". */
  readonly text: string;
  readonly scope?: string;
  readonly name?: string;
}

/** A slot that the frame lacks, and what it starts with. */
export interface Defaulted {
  readonly scope: string;
  readonly name: string;
  readonly value: SlotDefault;
}

export interface Fit {
  readonly misfits: readonly Misfit[];
  readonly defaults: readonly Defaulted[];
}

export function fitOf(held: HeldFrame, layout: FrameLayout): Fit {
  const { label } = held;
  const live = own(layout.labels, label);
  if (live === undefined) {
    return { misfits: [{ about: "label", text: `the function has no label ${JSON.stringify(label)}` }], defaults: [] };
  }
  const slots = slotFit(held, layout, live);
  const misfits = [
    ...kindMisfits(held, layout),
    ...slots.misfits,
    ...loopMisfits(held, own(layout.cursors, label) ?? []),
    ...resourceMisfits(held, own(layout.resources, label) ?? []),
    ...finallyMisfits(held, own(layout.completions, label) ?? {}),
    ...parameterMisfits(held.parameters, layout.parameters ?? []),
  ];
  return { misfits, defaults: slots.defaults };
}

/** Kind of the suspension of a label. */
export function kindAt(layout: FrameLayout, label: string): SuspensionKind {
  return own(layout.kinds, label) ?? "step";
}

/** The slots that a frame at a label holds, by scope: what is live, and what closures keep of the same scopes. */
export function slotsAt({ kept }: FrameLayout, live: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(live).map(([scope, names]): [scope: string, names: string[]] => [
    scope,
    [...new SafeSet([...names, ...(own(kept, scope) ?? [])])],
  ]);
}

function kindMisfits({ label, kind }: HeldFrame, layout: FrameLayout): Misfit[] {
  const now = kindAt(layout, label);
  return kind === now ? [] : [{ about: "kind", text: `it waits for ${words[kind]}, and the code for ${words[now]}` }];
}

const words: Readonly<Record<SuspensionKind, string>> = {
  step: "a step",
  sleep: "a sleep",
  wait: "an event",
  call: "a call",
  combination: "a combination",
  await: "a value",
  yield: "who goes on with a generator",
};

function slotFit(held: HeldFrame, layout: FrameLayout, live: Readonly<Record<string, readonly string[]>>): Fit {
  const misfits: Misfit[] = [];
  const defaults: Defaulted[] = [];
  for (const [scope, names] of slotsAt(layout, live)) {
    const there = new SafeSet(own(held.scopes, scope));
    for (const name of names) {
      if (there.has(name)) continue;
      const value = own(own(layout.defaults, scope), name);
      if (value) defaults.push({ scope, name, value });
      else misfits.push({ about: "slot", text: `it has no variable ${slotName(scope, name)}`, scope, name });
    }
  }
  return { misfits: [...misfits, ...operandMisfits(held, own(live, temporariesPath) ?? [])], defaults };
}

/** Temporaries are named after what they hold: one too many tells that the others may hold something else as well. */
function operandMisfits({ scopes }: HeldFrame, expected: readonly string[]): Misfit[] {
  const surplus = own(scopes, temporariesPath)?.find((name) => !expected.includes(name));
  if (expected.length === 0 || surplus === undefined) return [];
  return [{ about: "slot", text: `it holds an operand "${surplus}" that the code does not have there` }];
}

/** `total`, or `total of order/body` for one of an inner scope. */
function slotName(scope: string, name: string): string {
  return scope === "" ? `"${name}"` : `"${name}" of "${scope}"`;
}

/** Cursors of array patterns begin with `~`: they come and go while their pattern is applied. */
function loopMisfits({ cursors }: HeldFrame, expected: readonly string[]): Misfit[] {
  const stored = cursors.filter((name) => !name.startsWith("~"));
  const [missing, surplus] = differences(stored, expected);
  return [
    ...missing.map((name): Misfit => ({ about: "loop", text: `it is in no loop "${name}"`, name })),
    ...surplus.map((name): Misfit => {
      return { about: "loop", text: `it is in a loop "${name}" that the code does not have there`, name };
    }),
  ];
}

/** What was not declared is not disposed of; what was, must be. */
function resourceMisfits({ resources }: HeldFrame, expected: readonly string[]): Misfit[] {
  const [missing, surplus] = differences(resources, expected);
  return [
    ...missing.map((name): Misfit => {
      return { about: "resource", text: `it has not passed "${name}", which the code disposes of from there`, name };
    }),
    ...surplus.map((name): Misfit => {
      return { about: "resource", text: `it is in "${name}", which the code does not dispose of from there`, name };
    }),
  ];
}

function differences(stored: readonly string[], expected: readonly string[]): [missing: string[], surplus: string[]] {
  return [expected.filter((name) => !stored.includes(name)), stored.filter((name) => !expected.includes(name))];
}

/** What a jump is called is known to the code that made it: only the same code goes on with one. */
function finallyMisfits(
  { completions, sameCode }: HeldFrame,
  expected: Readonly<Record<string, readonly WayOut[]>>,
): Misfit[] {
  return Object.entries(completions).flatMap(([name, ways]): Misfit[] => {
    const known = own(expected, name);
    if (known === undefined) {
      return [{ about: "finally", text: `it is in "${name}", where the code does not go on from there`, name }];
    }
    const lost = ways.filter((way) => !known.includes(way) || (way === "jump" && !sameCode));
    return lost.map((way) => ({
      about: "finally",
      text: `it came to "${name}" by a ${way}, which the code may not know`,
      name,
    }));
  });
}

/** Arguments are stored by position: the names at each position must agree, and a call lacks none that is required. */
function parameterMisfits(held: readonly string[], expected: readonly string[]): Misfit[] {
  const misfits: Misfit[] = [];
  for (const [position, parameter] of expected.entries()) {
    const stored = held[position];
    if (stored === undefined && !parameter.endsWith("?")) {
      misfits.push({ about: "parameters", text: `its call had no argument "${parameter}"` });
    } else if (stored !== undefined && plain(stored) !== plain(parameter)) {
      misfits.push({
        about: "parameters",
        text: `its argument "${plain(stored)}" stands where the code has "${plain(parameter)}"`,
      });
    }
  }
  return misfits;
}

function plain(parameter: string): string {
  return parameter.replace(/\?$/, "");
}
