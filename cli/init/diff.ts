/** Shows what a change would do to a text, in the form of `diff -u`. */

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

const context = 3;

/** @returns the hunks with a head that names the file; "" when nothing changes */
export function unifiedDiff(name: string, before: string | undefined, after: string): string {
  if (before === after) return "";
  const lines = differences(linesOf(before ?? ""), linesOf(after));
  const changed = lines.flatMap(({ mark }, index) => (mark === " " ? [] : [index]));
  const shown = new Set(changed.flatMap((index) => around(index)));
  const head = [before === undefined ? "--- /dev/null" : `--- ${name}`, `+++ ${name}`];
  let old = 1;
  let next = 1;
  const body = lines.flatMap(({ mark, text }, index) => {
    const hunk = shown.has(index) && !shown.has(index - 1) ? [`@@ -${old} +${next} @@`] : [];
    if (mark !== "+") old++;
    if (mark !== "-") next++;
    return shown.has(index) ? [...hunk, mark + text] : [];
  });
  return `${[...head, ...body].join("\n")}\n`;
}

/** The end of the last line begins no other. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function around(index: number): number[] {
  const all = Array.from({ length: 2 * context + 1 }, (_, offset) => index - context + offset);
  return all.filter((each) => each >= 0);
}

/** By the longest common subsequence: the texts are small. */
function differences(before: readonly string[], after: readonly string[]): Line[] {
  const lengths = before.map(() => after.map(() => 0)).concat([[]]);
  const length = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const row = lengths[i] as number[];
      row[j] = before[i] === after[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ mark: " ", text: before[i++] as string });
      j++;
    } else if (i < before.length && (j >= after.length || length(i + 1, j) >= length(i, j + 1))) {
      lines.push({ mark: "-", text: before[i++] as string });
    } else lines.push({ mark: "+", text: after[j++] as string });
  }
  return lines;
}
