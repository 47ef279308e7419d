/** What the last build wrote: whether the plugin was there. */
import { existsSync, readFileSync } from "node:fs";
import type { Check } from "./finding.ts";
import { hasNativeTypeScript } from "./routes.ts";

/** All compiled code imports this entry, and nothing else does. */
const marker = /["']backstitch\/internal["']/;
const listed = 3;

export const checkOutput: Check = (facts) => {
  const outputs = facts.configs.flatMap(({ durable }) => durable ?? []);
  const plain = outputs.filter(
    ({ output }) => output !== undefined && existsSync(output) && !marker.test(readFileSync(output, "utf8")),
  );
  const [first] = plain;
  if (first?.output === undefined) return [];
  const sources = plain.slice(0, listed).map(({ source }) => facts.shown(source));
  const rest = plain.length > listed ? ` and ${plain.length - listed} more` : "";
  return [
    {
      code: "output-not-compiled",
      category: "error",
      where: facts.shown(first.output),
      what: `The last build wrote ${sources.join(", ")}${rest} as written, without the plugin.`,
      why: "A handler that was not compiled throws when it is registered.",
      fix: `Mend what stands above, see that \`npx backstitch check\` has no errors, and build again with \`${
        hasNativeTypeScript(facts) ? "tsc && backstitch emit" : "tspc"
      }\`.`,
    },
  ];
};
