import { configDefaults, defineConfig } from "vitest/config";
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
  "restate-poison",
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

const fixtures = (...names: readonly string[]) => names.map((name) => `fixtures/${name}.test.ts`);

/**
 * Which suites run where, as `npm test` and `.ci/run` ask for them. All that is not here is in the group "others". Each file has a process of its own: code is registered for the whole
 * process, and suites have functions of the same ids.
 */
const groups = {
  /** What no other pair can change. */
  once: [...fixtures("faults"), "runtime/stores/postgres/**/*.test.ts"],
  /** Each Node and each TypeScript runs them, and they take long. */
  slow: fixtures("fuzz", "transform", "restate", "restate-*"),
  /** They start commands and servers: the same with every pair. */
  "commands-once": fixtures("cli-moving", "cli-runs", "docs-examples", "examples", "inngest", "moving", "package"),
  commands: fixtures("bundlers", "cli", "projects"),
  /** The newer Node runs them, and no other. */
  long: [
    ...fixtures("cli-deployments", "corpus", "kills", "postgres-faults", "postgres-transactions", "same-code"),
    ...fixtures("behaviour/forks", "behaviour/upgrade-proof"),
  ],
};

const all = [
  "{runtime,transformer,compiler,cli,scripts,bench}/**/*.test.ts",
  "fixtures/*.test.ts",
  "fixtures/{behaviour,oracle}/*.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      ...Object.entries(groups).map(([name, include]) => ({ extends: true as const, test: { name, include } })),
      {
        extends: true as const,
        test: {
          name: "others",
          include: all,
          exclude: [...configDefaults.exclude, ...Object.values(groups).flat()],
        },
      },
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
