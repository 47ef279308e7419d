/** What the services of an app take from the worker that hosts them. */
import type { Request } from "@restatedev/restate-sdk";
import type { DriverHost } from "../../engine/contract.ts";
import type { ProjectedRun } from "../../store.ts";
import type { RegisteredFunction } from "../../types.ts";
import type { EngineParts } from "../engine.ts";
import type { Sdk } from "./sdk.ts";

export interface HostParts extends EngineParts {
  readonly functionOf: (id: string) => RegisteredFunction | undefined;
  /** True once the worker stops: runs are let go at their next commit. */
  readonly stopping: () => boolean;
  /** Commits of a run that one invocation journals at most. */
  readonly stepsPerInvocation: number;
  /** Of Restate's SDK: the first of some promises, as the journal has them. */
  readonly race: Sdk["RestatePromise"]["race"];
  /** Is told how runs are shown, if anybody keeps that. */
  readonly project?: ((run: ProjectedRun) => void) | undefined;
  /** How often an invocation may have killed its worker where it is, when it begins there. */
  readonly lostBefore: (request: Request, place: number) => Promise<number>;
  readonly recorded: NonNullable<DriverHost["recorded"]>;
}
