import { expect, test } from "vitest";
import { openTerminal } from "./terminal.ts";

test.each([
  [[], {}, false, false],
  [[], { FORCE_COLOR: "1" }, true, true],
  [[], { FORCE_COLOR: "0" }, false, false],
  [[], { FORCE_COLOR: "1", TERM: "dumb" }, true, true],
  [[], { FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  [[], { FORCE_COLOR: "1", NO_COLOR: "" }, true, true],
  [["check", "--no-color"], { FORCE_COLOR: "1" }, true, false],
  // A CI service sets this, and reads what is printed.
  [[], { CI: "true" }, false, false],
])("%j, %j: frames %s, colours %s", (args, env, pretty, colours) => {
  // Tests have no terminal.
  const { data, messages } = openTerminal(args, env);
  for (const output of [data, messages]) {
    expect([output.pretty, output.colours.isColorSupported]).toEqual([pretty, colours]);
  }
});
