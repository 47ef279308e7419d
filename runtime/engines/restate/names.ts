/** How the services of an app are named in Restate, and the keys of their objects. */
import type { WaitMatch } from "../../store.ts";

/** What an app has in Restate: objects, but for `task` and `events`, which are services. */
export type ServiceKind =
  | "run"
  | "task"
  | "event"
  | "events"
  | "mailbox"
  | "signal"
  | "pool"
  | "cron"
  | "attempts"
  | "history"
  | "flow"
  | "move";

const escaped = (character: string) => `_${character.codePointAt(0)?.toString(16)}_`;

/**
 * The name of a service: the app's id and what it is, as `shop.run`. Restate takes letters, digits, points and dashes, behind
 * a letter; other characters are written as their numbers.
 */
export function serviceName(app: string, kind: ServiceKind): string {
  const spelled = app.replace(/[^a-zA-Z0-9.-]/gu, escaped).replace(/^[^a-zA-Z_]/, escaped);
  return `${spelled}.${kind}`;
}

/** Events of a name, and of one value at a path if they have one, meet the waits of one mailbox. */
export function mailboxKey(name: string, match?: WaitMatch): string {
  return JSON.stringify(match === undefined ? [name] : [name, match.path, match.value]);
}
