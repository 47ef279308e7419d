/** Gives vitest the matchers for runs: `import "backstitch/testing/vitest"` in a test or a setup file. */
import { expect } from "vitest";
import { matchers, type RunMatchers } from "./matchers.ts";

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: it must be declared as vitest declares it
  interface Matchers<T = any> extends RunMatchers<T> {}
}

expect.extend(matchers);
