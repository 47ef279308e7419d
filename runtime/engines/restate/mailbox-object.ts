/**
 * The object of a mailbox: the waits for events of one name, or of one name with one value at one path. Whoever begins to
 * wait and whoever meets waits comes here, one after the other, so that no event slips between.
 */
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import { encodeThrown } from "../../engine/thrown.ts";
import type { Met, OpKey, RunView, StoredEvent } from "../../store.ts";
import { type WaitSource, waitsMetBy } from "../../waits-met.ts";
import type { HostParts } from "./host-parts.ts";
import { json, Links } from "./links.ts";
import type { KeptWait, Letter, MailboxView, Meeting, WaitMessage } from "./messages.ts";

const waitsKey = "waits";
const pathsKey = "paths";
const lastKey = "last";

/** Handlers of the object, by their names. */
export function mailboxHandlers(host: HostParts) {
  return {
    wait: async (context: ObjectContext, { run, wait, event }: WaitMessage): Promise<void> => {
      const waits = await kept(context);
      // A start that is tried again waits again.
      if (waits.some((one) => one.run === run && one.op === wait.op && isSame(one, wait))) return;
      const id = ((await context.get<number>(lastKey)) ?? 0) + 1;
      const { op, kind, filter, until } = wait;
      const isLimited = until !== undefined && until !== null && Number.isFinite(until);
      waits.push({
        ...{ id, run, op, kind: kind as KeptWait["kind"] },
        ...(filter !== undefined && { filter }),
        ...(isLimited && { until }),
        ...(event && { event }),
      });
      context.set(lastKey, id);
      context.set(waitsKey, waits);
    },

    leave: async (context: ObjectContext, { run, op }: OpKey): Promise<void> => {
      const waits = await kept(context);
      const left = waits.filter((wait) => wait.run !== run || wait.op !== op);
      if (left.length < waits.length) keep(context, left);
    },

    /** Delivers an event to the waits that it meets. They are gone with that. */
    meet: async (context: ObjectContext, event: StoredEvent): Promise<Meeting> => {
      const waits = await kept(context);
      if (waits.length === 0) return { met: 0 };
      const action = () => meeting(host, waits, event);
      const { met, problem } = (await context.run("meet", action, { serde: json as never })) as Met2;
      const links = new Links(host.app, context);
      for (const { wait, text } of met) {
        const letter: Letter = { op: wait.op, kind: wait.kind, text, receivedAt: event.receivedAt };
        links.send({ service: "run", key: wait.run, handler: "mail" }, letter);
      }
      const gone = new Set(met.map(({ wait }) => wait.id));
      const isOver = ({ until = Number.POSITIVE_INFINITY }: KeptWait) => until <= event.receivedAt;
      keep(
        context,
        waits.filter((wait) => !gone.has(wait.id) && !isOver(wait)),
      );
      return { met: met.length, ...(problem !== null && { problem }) };
    },

    addPath: async (context: ObjectContext, path: string): Promise<void> => {
      const paths = (await context.get<string[]>(pathsKey)) ?? [];
      if (!paths.includes(path)) context.set(pathsKey, [...paths, path].sort());
    },
  };
}

/** Handlers that run beside the others. */
export const mailboxReaders = {
  look: async (context: ObjectSharedContext): Promise<MailboxView> => ({
    paths: (await context.get<string[]>(pathsKey)) ?? [],
    waits: ((await context.get<KeptWait[]>(waitsKey)) ?? []).length,
  }),
};

interface Met2 {
  readonly met: readonly Met[];
  readonly problem: string | null;
}

/** Asks conditions and schemas of the author's. */
async function meeting(host: HostParts, waits: readonly KeptWait[], event: StoredEvent): Promise<Met2> {
  const source: WaitSource = {
    waitPaths: async () => [""],
    waitsFor: async ({ after = 0, limit }) => waits.filter(({ id }) => id > after).slice(0, limit),
    getRun: async (run) => {
      const of = waits.find((wait) => wait.run === run)?.event;
      return of && ({ event: of } as RunView);
    },
  };
  const { met, problem } = await waitsMetBy(source, event, host.functions(), host.logger);
  const plain = met.map(({ wait: { id, run, op, kind }, text }) => ({ wait: { id, run, op, kind }, text }));
  return { met: plain, problem: problem === undefined ? null : encodeThrown(problem) };
}

async function kept(context: ObjectContext): Promise<KeptWait[]> {
  return (await context.get<KeptWait[]>(waitsKey)) ?? [];
}

function keep(context: ObjectContext, waits: readonly KeptWait[]): void {
  if (waits.length > 0) context.set(waitsKey, waits);
  else context.clear(waitsKey);
}

function isSame(a: { readonly filter?: string }, b: { readonly filter?: string }): boolean {
  return a.filter === b.filter;
}
