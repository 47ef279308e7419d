/**
 * Scope records: the slots of one scope at run time.
 *
 * Their prototype is empty and has no accessors, so that any name can be a slot, `__proto__` and `constructor` included,
 * while engines still give them a fast shape.
 */
import { SafeSet } from "../codec/index.ts";
import type { Untyped } from "../types.ts";
import type { CallFrame } from "./call-frame.ts";

/** Slots by name. Compiled code is checked before it is compiled, so its slots are untyped here. */
export interface ScopeRecord {
  [slot: string]: Untyped;
}

const owner = Symbol("owner");
const path = Symbol("path");
const origin = Symbol("origin");

interface OwnedRecord extends ScopeRecord {
  [owner]?: CallFrame | undefined;
  [path]?: string | undefined;
  [origin]?: RecordOrigin | undefined;
}

/** What is stored of a record beside its slots. */
export interface RecordOrigin {
  /** Names the scope of a record that no frame stores as its own; null for others. */
  readonly name: string | null;
  /** Slots to store that were not initialised. */
  readonly unset: readonly string[];
}

const RecordShape = function RecordShape() {} as unknown as new () => OwnedRecord;
RecordShape.prototype = Object.create(null);

/** A record without slots. `frame` and `scopePath` are unknown for records that only closures of a loaded run hold. */
export function newRecord(frame?: CallFrame, scopePath?: string): ScopeRecord {
  const record = new RecordShape();
  record[owner] = frame;
  record[path] = scopePath;
  return record;
}

export function isScopeRecord(value: object): value is ScopeRecord {
  return Object.getPrototypeOf(value) === RecordShape.prototype;
}

/** Says to which frame a loaded record belongs. */
export function ownRecord(record: ScopeRecord, frame: CallFrame, scopePath: string): void {
  (record as OwnedRecord)[owner] = frame;
  (record as OwnedRecord)[path] = scopePath;
}

/** Of a loaded record: what its text said of it. */
export function noteOrigin(record: ScopeRecord, noted: RecordOrigin): void {
  (record as OwnedRecord)[origin] = noted;
}

export function originOf(record: ScopeRecord): RecordOrigin | undefined {
  return (record as OwnedRecord)[origin];
}

/** The frame and the path of a record; undefined for one of no frame. */
export function homeOfRecord(record: ScopeRecord): { readonly frame: CallFrame; readonly path: string } | undefined {
  const frame = (record as OwnedRecord)[owner];
  const scopePath = (record as OwnedRecord)[path];
  return frame && scopePath !== undefined ? { frame, path: scopePath } : undefined;
}

/**
 * The slots to store, or undefined for all of them. The current record of a scope keeps what is live where its frame is
 * parked; an older one (of an earlier iteration, or of a call that ended) is seen by closures only.
 */
export function storedSlots(record: ScopeRecord): readonly string[] | undefined {
  const frame = (record as OwnedRecord)[owner];
  const scopePath = (record as OwnedRecord)[path];
  if (frame === undefined || scopePath === undefined) return undefined;
  const kept = frame.info.kept?.[scopePath];
  const live = frame.scopes.get(scopePath) === record ? frame.liveSlots()?.[scopePath] : undefined;
  if (live === undefined || live.length === 0) return kept ?? [];
  return kept === undefined || kept.length === 0 ? live : [...new SafeSet([...live, ...kept])];
}

/** A copy with the same slots, for the same scope. */
export function copyRecord(record: ScopeRecord): { copy: ScopeRecord; scopePath: string | undefined } {
  const owned = record as OwnedRecord;
  const copy = newRecord(owned[owner], owned[path]);
  for (const slot of Object.keys(record)) copy[slot] = record[slot];
  return { copy, scopePath: owned[path] };
}
