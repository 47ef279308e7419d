import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the results as JSON, beside what is printed. */
const report = process.env["BACKSTITCH_TEST_REPORT"];

export default defineConfig({
  test: {
    include: [
      "{runtime,transformer,compiler,cli,scripts,bench}/**/*.test.ts",
      "fixtures/*.test.ts",
      "fixtures/{behaviour,oracle}/*.test.ts",
    ],
    // Some tests start compilers and workers; a loaded machine must not fail them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
