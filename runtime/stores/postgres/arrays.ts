/**
 * Arrays in the server's binary form. As text, each quote of a frame would be escaped here and read back there; in this form
 * the server copies what it gets.
 *
 * The form is that of `array_recv`: dimensions, whether there are nulls, the type of the elements, the length, the first
 * index; then the elements, each behind its length in bytes.
 */
import { Buffer } from "node:buffer";

/** What a parameter of a statement, or an element of an array, can be. Numbers are safe integers. */
export type Scalar = string | number | boolean | null;

interface ElementForm {
  /** Number of the type in the server, the same in every database. */
  readonly oid: number;
  /** In bytes. */
  readonly sizeOf: (element: never) => number;
  readonly write: (into: Buffer, at: number, element: never) => void;
}

/** Types of the elements of array parameters, by their names in statements. */
const forms = {
  text: {
    oid: 25,
    sizeOf: (text: string) => Buffer.byteLength(text),
    write: (into: Buffer, at: number, text: string) => into.write(text, at),
  },
  bigint: {
    oid: 20,
    sizeOf: () => 8,
    write(into: Buffer, at: number, number: number) {
      // Where text would be refused by the server, these bytes would be taken for another number.
      if (!Number.isSafeInteger(number)) throw new RangeError(`${number} is not a safe integer`);
      into.writeInt32BE(Math.floor(number / 2 ** 32), at);
      into.writeUInt32BE(number >>> 0, at + 4);
    },
  },
  boolean: {
    oid: 16,
    sizeOf: () => 1,
    write: (into: Buffer, at: number, is: boolean) => into.writeUInt8(is ? 1 : 0, at),
  },
} satisfies Record<string, ElementForm>;

export type ElementType = keyof typeof forms;

const headerSize = 20;
const lengthSize = 4;

/** An array of one dimension. All elements have the type, or are null. */
export function binaryArray(type: ElementType, elements: readonly Scalar[]): Buffer {
  const { oid, sizeOf, write }: ElementForm = forms[type];
  const sizes = elements.map((element) => (element === null ? -1 : sizeOf(element as never)));
  const size = sizes.reduce((sum, bytes) => sum + lengthSize + Math.max(bytes, 0), headerSize);
  const array = Buffer.allocUnsafe(size);
  const isEmpty = elements.length === 0;
  array.writeInt32BE(isEmpty ? 0 : 1, 0);
  array.writeInt32BE(sizes.includes(-1) ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  if (isEmpty) return array.subarray(0, 12);
  array.writeInt32BE(elements.length, 12);
  array.writeInt32BE(1, 16);
  let at = headerSize;
  for (const [index, bytes] of sizes.entries()) {
    array.writeInt32BE(bytes, at);
    at += lengthSize;
    if (bytes < 0) continue;
    write(array, at, elements[index] as never);
    at += bytes;
  }
  return array;
}
