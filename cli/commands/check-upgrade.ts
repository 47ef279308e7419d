/** The part of `backstitch check` that `--against` asks for: what becomes of running runs when this code is deployed. */
import { existsSync, writeFileSync } from "node:fs";
import type { Manifest } from "../../runtime/manifest.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { checkAgainst } from "../upgrade/check-against.ts";
import { isClear, printReport } from "../upgrade/report.ts";
import { migrateStub } from "../upgrade/stub.ts";

export interface UpgradeOptions {
  readonly against?: readonly string[];
  readonly app?: string;
  readonly write?: string;
  readonly json?: boolean;
}

/**
 * Prints the verdicts, label by label.
 *
 * @param manifests of the code that is to be deployed
 * @throws Failure when something cannot be read, or the file to write exists
 */
export async function checkUpgrade(
  manifests: readonly Manifest[],
  { against = [], app, write, json }: UpgradeOptions,
  { data, messages }: Terminal,
): Promise<ExitCode> {
  if (write !== undefined && existsSync(write)) {
    throw new Failure(`${write} exists and is left as it is. Give another name to --write.`);
  }
  const report = await checkAgainst({ manifests, against, app });
  data.write(json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report));
  if (isClear(report)) return exitCodes.ok;
  if (write === undefined) {
    messages.write("Runs at some labels will be blocked; docs/upgrades.md says what to do, `--write` begins it.\n");
  } else {
    writeFileSync(write, migrateStub(report.labels));
    messages.write(`Written: ${write}. Fill it in and give it to the function: createFunction({ id, migrate }, …).\n`);
  }
  return exitCodes.failed;
}
