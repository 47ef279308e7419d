/** Signals: what one step waits for, by a name. */
import { encode } from "./codec/index.ts";
import type { Store } from "./store.ts";

/**
 * Delivers a signal to the step that waits for it.
 *
 * @throws NotEncodableError when the data cannot be stored
 */
export async function sendSignal(
  store: Store,
  { app, now }: { readonly app: string; readonly now: number },
  signal: string,
  data: unknown,
): Promise<{ runId: string | undefined }> {
  return { runId: await store.signal(app, signal, encode(data), now) };
}
