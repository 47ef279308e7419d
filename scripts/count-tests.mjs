/**
 * Prints the failed tests of the JSON reports that the suites of `.ci/run` left, and `N passed, N failed` over all of them.
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
const maxMessage = 2_000;

const reports = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(suffix)) : [];
const failures = new Map(failedStages.map((stage) => [stage, 1]));
let passed = 0;
for (const name of reports) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(join(folder, name), "utf8"));
  const stage = name.slice(0, -suffix.length);
  passed += numPassedTests;
  if (numFailedTests > 0) failures.set(stage, numFailedTests);
  for (const file of testResults) printFailures(stage, file);
}
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
console.log(`${passed} passed, ${failed} failed`);

/** What failed is printed once more at the end: a log that is cut off keeps its last lines. */
function printFailures(stage, { name, status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && failed.length === 0) console.log(`${stage}: ${name}: ${message.slice(0, maxMessage)}`);
  for (const { fullName, failureMessages } of failed) {
    console.log(`${stage}: ${name}: ${fullName}: ${failureMessages.join("\n").slice(0, maxMessage)}`);
  }
}
