/** Versions and ranges, as far as this command compares them: by their numbers. */

/** The numbers of a version, or of the lowest version of a simple range: `^5.9.3` gives 5, 9, 3. */
function numbersOf(version: string): readonly number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
}

/** Whether a version is lower than another. */
export function isBelow(version: string, limit: string): boolean {
  const left = numbersOf(version);
  const right = numbersOf(limit);
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
