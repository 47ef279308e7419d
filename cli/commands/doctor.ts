/** `backstitch doctor`: finds every way in which handlers are not compiled, and says how to mend it. */
import type { Command } from "commander";
import { count } from "../diagnostics.ts";
import { examine } from "../doctor/examine.ts";
import { type Facts, gatherFacts } from "../doctor/facts.ts";
import type { Finding } from "../doctor/finding.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Host } from "../host.ts";
import type { Terminal } from "../terminal.ts";

interface Options {
  readonly project?: string;
  readonly json?: boolean;
}

export function addDoctor(program: Command, { terminal, end }: Host): void {
  program
    .command("doctor")
    .summary("find out why handlers are not compiled")
    .description(
      "Looks at what is installed, at tsconfig.json and what it extends, at the scripts, the configurations of bundlers and test runners, and the last build. Prints each way in which handlers are not compiled, why it matters, and what mends it. Changes nothing.",
    )
    .option("-p, --project <path>", "the tsconfig.json to begin with (default: the one beside package.json)")
    .option("--json", "print { versions, configs, findings }")
    .addHelpText(
      "after",
      `
Examples:
  $ backstitch doctor
  $ backstitch doctor -p packages/shop/tsconfig.json
  $ backstitch doctor --json | jq -r '.findings[].fix'

Exits with 1 when there is an error; warnings alone exit with 0.`,
    )
    .action((options: Options) => end(doctor(options, terminal)));
}

function doctor({ project, json }: Options, terminal: Terminal): ExitCode {
  const facts = gatherFacts(process.cwd(), project);
  const findings = examine(facts);
  terminal.data.write(json ? asJson(facts, findings) : asText(facts, findings, terminal));
  return findings.some(({ category }) => category === "error") ? exitCodes.failed : exitCodes.ok;
}

function asJson({ versions, configs, shown }: Facts, findings: readonly Finding[]): string {
  const files = configs.map(({ path, durable }) => ({
    path: shown(path),
    durable: durable?.map(({ source }) => shown(source)) ?? null,
  }));
  return `${JSON.stringify({ versions, configs: files, findings }, null, 2)}\n`;
}

function asText(facts: Facts, findings: readonly Finding[], terminal: Terminal): string {
  const errors = findings.filter(({ category }) => category === "error").length;
  const parts = [
    head(facts),
    ...findings.map((finding) => describe(finding, terminal)),
    verdict(errors, findings.length),
  ];
  return parts.join("\n");
}

function head({ versions, configs, shown }: Facts): string {
  const { node, typescript, tsPatch, overlay, backstitch } = versions;
  const installed = Object.entries({
    Node: node,
    TypeScript: typescript,
    "ts-patch": tsPatch,
    "@typescript/typescript6": overlay,
    backstitch,
  }).filter(([, version]) => version !== undefined);
  const files = configs.map(
    ({ path, durable }) =>
      `${shown(path)}${durable ? `: ${count(durable.length, "file")} with durable functions` : ""}\n`,
  );
  return `${installed.map((each) => each.join(" ")).join(", ")}\n${files.join("")}`;
}

function describe({ category, where, what, why, fix }: Finding, { data }: Terminal): string {
  const { bold, red, yellow, green } = data.colours;
  const colour = category === "error" ? red : yellow;
  return `${colour(category)} ${bold(where)}\n  ${what}\n  Why: ${why}\n  ${green("Fix:")} ${fix}\n`;
}

function verdict(errors: number, all: number): string {
  if (all === 0) return "Nothing is wrong: handlers are compiled.\n";
  const warnings = all - errors;
  const found = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ];
  return `${found.join(", ")}.\n`;
}
