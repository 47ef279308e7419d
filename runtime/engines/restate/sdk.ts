/** Restate's SDK, which is loaded when a worker starts: who only sends and looks needs none. */
import type * as Restate from "@restatedev/restate-sdk";
import { BackstitchError } from "../../faults.ts";

export type Sdk = typeof Restate;

/**
 * @throws BackstitchError BS2132 on Node before 22, where the SDK registers its services and then fails each call, which the
 *   server tries again for ever; and when the package is not installed
 */
export async function loadSdk(): Promise<Sdk> {
  if (!("withResolvers" in Promise)) {
    throw new BackstitchError("BS2132", {
      where: `this is Node ${process.versions.node}, where Restate's SDK fails every call`,
      fix: "Start workers of this engine on Node 22 or later. Clients that only send and look run on Node 20 as well.",
    });
  }
  try {
    return await import("@restatedev/restate-sdk");
  } catch (cause) {
    throw new BackstitchError("BS2132", {
      where: `the package @restatedev/restate-sdk cannot be loaded: ${(cause as Error).message}`,
      fix: "Install it beside backstitch: npm install @restatedev/restate-sdk",
      cause,
    });
  }
}
