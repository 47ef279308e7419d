/** How a run comes to its object with a move: it is there and does nothing until it is let go. */
import type { ObjectContext } from "@restatedev/restate-sdk";
import type { EventView, MovedRun, StoredEvent } from "../../store.ts";
import { statusOnArrival } from "../../stores/moved-rows.ts";
import { arrivingKey } from "./arrivals.ts";
import type { HostParts } from "./host-parts.ts";
import { Links } from "./links.ts";
import type { ArrivingRun, ArrivingSteps, HistoryPiece, HoldMessage, ReleaseMessage } from "./messages.ts";
import { type RunRecord, recordKey, recordSerde } from "./record.ts";
import { RunInvocation } from "./run-invocation.ts";

/** `there`: a run of this id is here; `doubled`: its event was sent here as well. */
export type Arrived = "ok" | "there" | "doubled";

/** Key of the status that it had where it was. */
const statusKey = "arrivingStatus";

/** Handlers of the object, by their names. */
export function arrivalHandlers(host: HostParts) {
  return {
    /** Stores the run, which begins to wait for what it waited for. One that came by this move is left as it is. */
    arrive: async (context: ObjectContext, { move, run, app, now }: ArrivingRun): Promise<Arrived> => {
      if ((await context.get(recordKey, recordSerde)) !== null) {
        const isOfMove = (await context.get<string>(arrivingKey)) === move;
        return isOfMove || run.endedAt !== null ? "ok" : "there";
      }
      const links = new Links(host.app, context);
      const events: StoredEvent[] = [];
      for (const id of [run.eventId, ...run.joined]) {
        const kept = await links.call<EventView | null>({ service: "event", key: id, handler: "read" }, null);
        if (kept === null) return "doubled";
        const { fate: _, problem: _problem, ...event } = kept;
        events.push(event);
      }
      const invocation = new RunInvocation(context, host, arrived(run, app, events));
      await invocation.begin();
      context.set(arrivingKey, move);
      context.set(statusKey, run.status);
      await invocation.keep(now);
      return "ok";
    },

    /** Records of its steps. */
    recall: async (context: ObjectContext, { move, part, records }: ArrivingSteps): Promise<void> => {
      const record = await context.get<RunRecord>(recordKey, recordSerde);
      if (record === null || (await context.get<string>(arrivingKey)) !== move) return;
      const piece: HistoryPiece = { number: part, records };
      await new Links(host.app, context).call({ service: "history", key: context.key, handler: "add" }, piece);
      record.putAway = Math.max(record.putAway, part);
      context.set(recordKey, record, recordSerde);
    },

    /** It never came. */
    drop: async (context: ObjectContext, { move }: { readonly move: string }): Promise<void> => {
      const record = await context.get<RunRecord>(recordKey, recordSerde);
      if (record === null || (await context.get<string>(arrivingKey)) !== move) return;
      new RunInvocation(context, host, record).leaveAll();
      // States that name it came behind it, and would keep others from beginning.
      const over = { service: "flow", key: record.functionId, handler: "over" } as const;
      await new Links(host.app, context).call(over, { run: record.id });
      context.clearAll();
    },

    /** It goes on. One that nobody has begun does so as its function's limits allow. */
    release: async (context: ObjectContext, { move, now }: ReleaseMessage): Promise<void> => {
      const record = await context.get<RunRecord>(recordKey, recordSerde);
      if (record === null || (await context.get<string>(arrivingKey)) !== move) return;
      record.status = (await context.get<MovedRun["status"]>(statusKey)) as MovedRun["status"];
      context.clear(arrivingKey);
      context.clear(statusKey);
      if (record.status === "running" && record.mail.length > 0) record.wakeAt = Math.min(record.wakeAt ?? now, now);
      if (record.isHeld) {
        const { id: run, event } = record;
        const message: HoldMessage = { run, event, delayMs: Math.max(0, (record.wakeAt ?? now) - now) };
        new Links(host.app, context).send({ service: "flow", key: record.functionId, handler: "hold" }, message);
      }
      await new RunInvocation(context, host, record).keep(now);
    },
  };
}

function arrived(run: MovedRun, app: string, [event, ...joined]: readonly StoredEvent[]): RunRecord {
  const { id, functionId, seq, label, wakeAt, frame, pieces, output, error, createdAt, updatedAt, endedAt } = run;
  return {
    ...{ id, app, functionId, seq, label, wakeAt, frame, pieces, output, error, createdAt, updatedAt, endedAt },
    ...{ event: event as StoredEvent, joined, parent: run.parent, origin: run.origin, stepsRemoved: undefined },
    ...{ status: statusOnArrival(run), epoch: 1, lostClaims: 0, lease: undefined, steps: new Map() },
    ...{ mail: [...run.mail], mailed: run.mailed, waits: [...run.waits] },
    ...{ inFlow: true, isHeld: run.endedAt === null && seq === 0 && frame === null },
    ...{ token: 0, revision: 0, changedAt: 0, putAway: 0, recent: [], slots: [], tasks: [], told: [] },
  };
}
