/** Buffers and their views: which bytes of a buffer are stored, and how the names of view classes map to classes. */

import { Buffer } from "node:buffer";
import { types } from "node:util";
import { SafeMap } from "./collections.ts";
import { NotEncodableError } from "./errors.ts";
import { getterOf, nativeName } from "./kinds.ts";

/** A class of views, as decoding uses it. */
type ViewClass = new (buffer: ArrayBuffer, offset?: number, length?: number) => ArrayBufferView<ArrayBuffer>;

const viewClasses = new SafeMap<string, ViewClass>();
for (const name of [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "DataView",
]) {
  // Float16Array is missing before Node 24.
  const known: unknown = Reflect.get(globalThis, name);
  if (typeof known === "function") viewClasses.set(name, known as ViewClass);
}

/** Makes a view by the name of its class; undefined for an unknown name. Throws RangeError as the class does. */
export function makeView(name: string, buffer: ArrayBuffer, offset?: number, length?: number): object | undefined {
  if (name === "Buffer") return Buffer.from(buffer, offset, length);
  const known = viewClasses.get(name);
  return known && new known(buffer, offset, length);
}

/** The name under which a view is stored; undefined when its prototype is not that of a known class. */
export function viewClassOf(prototype: object): string | undefined {
  if (prototype === Buffer.prototype) return "Buffer";
  const name = nativeName(prototype);
  return name !== undefined && viewClasses.has(name) ? name : undefined;
}

const typedArrays: object = Object.getPrototypeOf(Uint8Array.prototype);
const readKind = getterOf<string>(typedArrays, Symbol.toStringTag);

/** The name of the class that made a view, whatever it inherits from now. */
export function viewKind(view: object): string {
  return types.isDataView(view) ? "DataView" : readKind(view);
}

const bufferIn = getters<ArrayBufferLike>("buffer");
const sizeIn = getters<number>("byteLength");
const offsetIn = getters<number>("byteOffset");
const lengthIn = getterOf<number>(typedArrays, "length");

function getters<T>(name: string): (view: object) => T {
  const ofArray = getterOf<T>(typedArrays, name);
  const ofDataView = getterOf<T>(DataView.prototype, name);
  return (view) => (types.isDataView(view) ? ofDataView(view) : ofArray(view));
}

export function bufferOf(view: ArrayBufferView): ArrayBufferLike {
  return bufferIn(view);
}

export const bytesIn = getterOf<number>(ArrayBuffer.prototype, "byteLength");

/** Bytes that a view shows. */
export function sizeOf(view: ArrayBufferView): number {
  return sizeIn(view);
}

/** Elements of a typed array, bytes of a DataView. */
export function lengthOf(view: ArrayBufferView): number {
  return types.isDataView(view) ? sizeIn(view) : lengthIn(view);
}

const no = () => false;

/** Absent in old versions of Node. */
const isResizable = "resizable" in ArrayBuffer.prototype ? getterOf<boolean>(ArrayBuffer.prototype, "resizable") : no;

/** Why a buffer cannot be stored; undefined when it can. */
export function bufferProblem(buffer: ArrayBufferLike): string | undefined {
  if (types.isSharedArrayBuffer(buffer)) return "a SharedArrayBuffer cannot be stored";
  if (isResizable(buffer)) return "a resizable ArrayBuffer cannot be stored";
  try {
    new Uint8Array(buffer);
    return undefined;
  } catch {
    return "an ArrayBuffer that was transferred away cannot be stored";
  }
}

/** The bytes of canonical base64 text, in a buffer of exactly their size; undefined for any other text. */
export function fromBase64(text: string): ArrayBuffer | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) return undefined;
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/** Where the bytes of a view are stored. */
interface ViewPlace {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
}

/**
 * The views met by one encoding, by the buffer they share.
 *
 * A buffer is stored whole, so that `byteOffset` and sharing are kept. Not so when it is reached only through Node
 * Buffers, or has exactly the size of Node's pool: the pool holds bytes of strangers. Then only the ranges that views
 * show are stored, and views whose ranges overlap still share one buffer.
 */
export class ViewedBuffers {
  private readonly viewsOf = new SafeMap<ArrayBuffer, ArrayBufferView[]>();
  private readonly places = new SafeMap<ArrayBufferView, ViewPlace>();

  /** Notes a view whose buffer passed `bufferProblem`. */
  add(view: ArrayBufferView): void {
    const buffer = bufferOf(view) as ArrayBuffer;
    const views = this.viewsOf.get(buffer);
    if (views) views.push(view);
    else this.viewsOf.set(buffer, [view]);
  }

  /** Decides the places of all views. Answers the buffer of each view, in order; shared ones come up repeatedly. */
  settle(isStoredItself: (buffer: ArrayBuffer) => boolean): ArrayBuffer[] {
    const buffers: ArrayBuffer[] = [];
    for (const [buffer, views] of this.viewsOf) {
      const shownOnly =
        views.every((view) => Object.getPrototypeOf(view) === Buffer.prototype) || bytesIn(buffer) === Buffer.poolSize;
      if (shownOnly && !isStoredItself(buffer)) this.placeRanges(buffer, views);
      else for (const view of views) this.places.set(view, { buffer, offset: offsetIn(view) });
      for (const view of views) buffers.push(this.placeOf(view).buffer);
    }
    return buffers;
  }

  placeOf(view: ArrayBufferView): ViewPlace {
    const place = this.places.get(view);
    if (place === undefined) throw new NotEncodableError([], "the value changed while it was being encoded");
    return place;
  }

  private placeRanges(buffer: ArrayBuffer, views: readonly ArrayBufferView[]): void {
    const byStart = [...views].sort((a, b) => offsetIn(a) - offsetIn(b) || sizeOf(b) - sizeOf(a));
    for (let first = 0; first < byStart.length; ) {
      const start = offsetIn(byStart[first] as ArrayBufferView);
      let end = start;
      let next = first;
      for (let view = byStart[next]; view && (next === first || offsetIn(view) < end); view = byStart[++next]) {
        end = Math.max(end, offsetIn(view) + sizeOf(view));
      }
      const whole = start === 0 && end === bytesIn(buffer);
      const range = whole ? buffer : new Uint8Array(new Uint8Array(buffer, start, end - start)).buffer;
      for (const view of byStart.slice(first, next)) {
        this.places.set(view, { buffer: range, offset: offsetIn(view) - start });
      }
      first = next;
    }
  }
}
