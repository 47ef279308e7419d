/** How something that was waited for ended. */
export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** The outcome of a sleep. Shared: outcomes are never changed. */
export const done: Outcome = { ok: true, value: undefined };
