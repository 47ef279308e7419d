/** How arrays are scanned and written: dense ones as JSON does, others with holes, named or described properties. */
import { SafeSet } from "./collections.ts";
import { type IntegrityTag, MAX_HOLES } from "./format.ts";
import { hasWritableLength } from "./integrity.ts";
import { type Described, describeProperties, isOrdinary, writeProperties } from "./properties.ts";
import type { Scan } from "./scan.ts";

export function scanArray(scan: Scan, value: readonly unknown[], integrity: IntegrityTag | undefined): void {
  const keys = Reflect.ownKeys(value);
  // The keys end with "length" and the named properties, so this is at most the number of holes.
  const fewestHoles = value.length + 1 - keys.length;
  if (fewestHoles > MAX_HOLES) {
    scan.refuse(`an array with ${fewestHoles} holes cannot be stored (limit ${MAX_HOLES}); use a Map`);
  }
  const { present, odd } = scanElements(scan, value, integrity);
  const isLengthFixed = integrity !== "$frozen" && !hasWritableLength(value);
  // Most arrays end here, in a function without closures: a context for them would cost more than the rest.
  if (present === value.length && keys.length === present + 1 && !isLengthFixed && integrity === undefined) return;
  describedArray(scan, value, keys.slice(present + odd.size + 1), odd, isLengthFixed, integrity);
}

/** An array that is not dense, or has more than its elements: `named` are the keys behind `length`. */
function describedArray(
  scan: Scan,
  value: readonly unknown[],
  named: readonly (string | symbol)[],
  odd: ReadonlySet<string>,
  isLengthFixed: boolean,
  integrity: IntegrityTag | undefined,
): void {
  const plain = scan.properties(value, named, integrity);
  const described = describeProperties(scan, value, [...odd, ...named.slice(plain)], integrity);
  if (isLengthFixed) described.push(fixedLength(value));
  const names = named.slice(0, plain) as string[];
  const record = value as unknown as Record<string, unknown>;
  scan.keep(value, integrity, (out) =>
    writeProperties(out, described, () => {
      if (names.length === 0) return out.elements(value, odd);
      out.tagged("$array", () => {
        out.raw("[");
        out.elements(value, odd);
        out.raw(",");
        out.record(names, (name) => record[name]);
        out.raw("]");
      });
    }),
  );
}

/** Visits the ordinary elements; answers how many there are, and which others. */
function scanElements(scan: Scan, value: readonly unknown[], integrity: IntegrityTag | undefined) {
  let odd: Set<string> = none;
  let present = 0;
  for (let i = 0; i < value.length; i++) {
    const property = Object.getOwnPropertyDescriptor(value, i);
    if (property === undefined) continue;
    if (isOrdinary(property, integrity)) {
      present++;
      scan.property(i, property.value);
    } else {
      if (odd === none) odd = new SafeSet();
      odd.add(String(i));
    }
  }
  return { present, odd };
}

const none = new SafeSet<string>();

function fixedLength(value: readonly unknown[]): Described {
  return { key: "length", property: { value: value.length, writable: false, enumerable: false }, flags: "" };
}
