/** Figures of repeated measurements. A median with its extremes says more on a shared machine than a mean. */

/** The median, smallest and largest of some numbers, with four significant digits. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted.at(-1)), repetitions: sorted.length };
}

export function rounded(value) {
  return Number(value.toPrecision(4));
}

/** How many times the largest of some medians is larger than the smallest: 1 is perfectly flat. */
export function spread(summaries) {
  const medians = summaries.map(({ median }) => median);
  return rounded(Math.max(...medians) / Math.min(...medians));
}

/** CPU time of this process so far, user and system, in microseconds. */
export function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
