/** The part of `$` that does not depend on where its frame stands. */

import type { CodeInfo } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Activation } from "./activation.ts";
import { nested } from "./calls.ts";
import { newRecord, type ScopeRecord } from "./scopes.ts";

export abstract class FrameWords {
  /** The label to go to while re-entering; "" while live. */
  abstract pc: string;
  abstract readonly activation: Activation;

  /** Re-entry met something else than the way to its label. */
  protected abstract strayed(met: string): void;

  /** A scope of a native function: what closures made in it capture. It is stored whole. */
  env(init?: (record: ScopeRecord) => void): ScopeRecord {
    const record = newRecord();
    init?.(record);
    return record;
  }

  /** The callable of a durable function that is a closure. */
  nested(info: CodeInfo, body: (...args: never[]) => Promise<unknown>, name: string): Untyped {
    return nested(info, body, name);
  }
}
