/**
 * Prints `N passed, N failed` over the JSON reports that the suites of `.ci/run` left.
 *
 *   node scripts/count-tests.mjs <folder of <stage>.report.json> [failed stage…]
 *
 * A failed stage without a failed test (a linter, a suite that did not start) counts as one failure, so that the line
 * never says 0 failed when something did.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, ...failedStages] = process.argv.slice(2);
const suffix = ".report.json";

const reports = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(suffix)) : [];
const failures = new Map(failedStages.map((stage) => [stage, 1]));
let passed = 0;
for (const name of reports) {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += numPassedTests;
  if (numFailedTests > 0) failures.set(name.slice(0, -suffix.length), numFailedTests);
}
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
console.log(`${passed} passed, ${failed} failed`);
