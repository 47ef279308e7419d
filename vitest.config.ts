import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Where `.ci/run` wants the results as JSON, beside what is printed. */
const report = process.env["BACKSTITCH_TEST_REPORT"];

/** The suites that take longest, longest first: none of them may be left alone on one core at the end. */
const slowest = [
  "fuzz",
  "transform",
  "cli",
  "cli-runs",
  "corpus",
  "docs-examples",
  "examples",
  "faults",
  "cli-deployments",
  "bundlers",
  "restate-cluster",
  "restate-kills",
  "same-code",
  "kills",
  "restate-moving",
  "package",
  "projects",
  "cli-moving",
  "moving",
  "restate",
  "restate-examples",
  "restate-projection",
  "postgres-faults",
  "postgres-transactions",
  "behaviour/forks",
  "behaviour/upgrade-proof",
].map((name) => `/fixtures/${name}.test.ts`);

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => slowest.findIndex((suite) => moduleId.endsWith(suite));
    const sorted = await super.sort(files);
    const slow = sorted.filter((file) => place(file) >= 0).sort((one, other) => place(one) - place(other));
    return [...slow, ...sorted.filter((file) => place(file) < 0)];
  }
}

export default defineConfig({
  test: {
    include: [
      "{runtime,transformer,compiler,cli,scripts,bench}/**/*.test.ts",
      "fixtures/*.test.ts",
      "fixtures/{behaviour,oracle}/*.test.ts",
    ],
    sequence: { sequencer: SlowestFirst },
    // On two cores it would be one.
    maxWorkers: 2,
    // Some tests start compilers and workers; a loaded machine must not fail them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
