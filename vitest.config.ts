import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Where `.ci/run` wants the results as JSON, beside what is printed. */
const report = process.env["BACKSTITCH_TEST_REPORT"];

/** The suites that take longest, which must not be the last to begin. */
const slowest = [
  "transform",
  "fuzz",
  "cli",
  "cli-deployments",
  "faults",
  "postgres-faults",
  "postgres-transactions",
  "bundlers",
  "projects",
].map((name) => `/fixtures/${name}.test.ts`);

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => slowest.some((suite) => moduleId.endsWith(suite));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
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
