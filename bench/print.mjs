/** The figures as tables for a terminal. */

/** @param rows lists of cells; the first row is the heading, the first column is text, the others are numbers */
export function printTable(title, rows) {
  const texts = rows.map((row) => row.map(cell));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  console.log(`\n${title}`);
  for (const row of texts) {
    const padded = row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])));
    console.log(`  ${padded.join("   ")}`);
  }
}

/** A summary is shown as its median with the extremes. */
function cell(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number") return value.toLocaleString("en-US", { maximumFractionDigits: 4 });
  const { median, min, max } = value;
  return `${cell(median)} (${cell(min)}-${cell(max)})`;
}
