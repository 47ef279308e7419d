/** The object of a run: what happens to it, one thing after the other. */
import type { InvocationId, ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import { derivedRun, joinRun, queuedRun, type Run } from "../../stores/memory-runs.ts";
import type { HostParts } from "./host-parts.ts";
import { json, Links } from "./links.ts";
import type { CancelMessage, JoinMessage, Letter, StartMessage, TaskAnswer, WakeMessage } from "./messages.ts";
import { type RunRecord, recordKey, recordSerde } from "./record.ts";
import { arrivalHandlers } from "./run-arrival.ts";
import { bellName, holderKey, RunInvocation } from "./run-invocation.ts";

/** Handlers of the object, by their names. */
export function runHandlers(host: HostParts) {
  return {
    ...drivingHandlers(host),
    ...waitingHandlers(host),
    ...controlHandlers(host),
    ...arrivalHandlers(host),
  };
}

async function loaded(host: HostParts, context: ObjectContext): Promise<RunInvocation | undefined> {
  const record = await context.get<RunRecord>(recordKey, recordSerde);
  return record === null ? undefined : new RunInvocation(context, host, record);
}

/** What starts a run and lets it go on. */
function drivingHandlers(host: HostParts) {
  return {
    /** Starts the run. One that exists is left as it is. */
    start: async (context: ObjectContext, message: StartMessage): Promise<void> => {
      if ((await context.get(recordKey, recordSerde)) !== null) return;
      const invocation = new RunInvocation(context, host, newRecord(message));
      await invocation.begin();
      await invocation.go(message.now);
    },

    /** Makes a run of another one; it is there when this answers. */
    derive: async (context: ObjectContext, message: StartMessage): Promise<void> => {
      if ((await context.get(recordKey, recordSerde)) !== null) return;
      const invocation = new RunInvocation(context, host, newRecord(message));
      await invocation.begin();
      await invocation.keep(message.now);
    },

    wake: async (context: ObjectContext, { token }: WakeMessage): Promise<void> => {
      const invocation = await loaded(host, context);
      if (invocation?.record.token !== token) return;
      await invocation.go(invocation.record.wakeAt ?? 0);
    },

    mail: async (context: ObjectContext, letter: Letter): Promise<void> => {
      const invocation = await loaded(host, context);
      if (!invocation || invocation.record.endedAt !== null) return;
      invocation.receive(letter);
      await invocation.go(letter.receivedAt);
    },

    /** An attempt that was made elsewhere is over. */
    told: async (context: ObjectContext, answer: TaskAnswer): Promise<void> => {
      const invocation = await loaded(host, context);
      if (!invocation?.takes(answer)) return;
      await invocation.go(answer.endedAt);
    },
  };
}

/** Of runs that wait for more events. */
function waitingHandlers(host: HostParts) {
  return {
    /** An event joins a run that waits. One that came too late is decided upon anew. */
    join: async (context: ObjectContext, { event, keeps, wakeAt, fresh, now }: JoinMessage): Promise<void> => {
      const invocation = await loaded(host, context);
      if (invocation?.record.isHeld && invocation.record.endedAt === null) {
        joinRun(invocation.record, event, { run: context.key, keeps, wakeAt });
        return invocation.keep(now);
      }
      const links = new Links(host.app, context);
      const flow = { service: "flow", key: fresh.functionId } as const;
      links.send({ ...flow, handler: "begun" }, { run: context.key });
      links.send({ ...flow, handler: "decide" }, { run: fresh, event, now });
    },

    begin: async (context: ObjectContext, { wakeAt, now }: { readonly wakeAt: number; readonly now: number }) => {
      const invocation = await loaded(host, context);
      if (!invocation?.record.isHeld) return;
      invocation.record.isHeld = false;
      if (invocation.record.status === "running") invocation.record.wakeAt = wakeAt;
      await invocation.go(now);
    },
  };
}

/** Handlers that run beside the others. */
export const runReaders = {
  /** Rings the bell of the invocation that drives the run. One that is over does not hear it. */
  ring: async (context: ObjectSharedContext, message: CancelMessage): Promise<void> => {
    const holder = await context.get<InvocationId>(holderKey);
    if (holder !== null) context.invocation(holder).signal(bellName, json).resolve(message);
  },
};

/** What people ask for. */
function controlHandlers(host: HostParts) {
  return {
    /** False when it has ended or does not exist. */
    cancel: async (context: ObjectContext, { now, how, tells }: CancelMessage): Promise<boolean> => {
      const invocation = await loaded(host, context);
      if (!invocation || invocation.record.endedAt !== null || invocation.record.status === "moving") return false;
      const { record } = invocation;
      if (how.unwind && record.status === "running" && record.seq > 0) {
        invocation.receive({ op: 0, kind: "cancel", text: null, receivedAt: now });
        await invocation.keep(now);
        return true;
      }
      await invocation.stop({ now, how, ...(tells !== undefined && { tells }) });
      await invocation.keep(now);
      return true;
    },

    /** False when it is not blocked. */
    resume: async (context: ObjectContext, { now }: { readonly now: number }): Promise<boolean> => {
      const invocation = await loaded(host, context);
      if (invocation?.record.status !== "blocked") return false;
      Object.assign(invocation.record, { status: "running", error: null, wakeAt: now, updatedAt: now });
      await invocation.keep(now);
      return true;
    },
  };
}

function newRecord({ run, event, derived, now, inFlow = false, waits: isHeld = false }: StartMessage): RunRecord {
  const fresh: Run = queuedRun(run, event);
  const waits = [...(derived?.state?.waits ?? run.waits ?? [])];
  const base = {
    ...fresh,
    epoch: 1,
    inFlow,
    isHeld,
    token: 0,
    revision: 0,
    changedAt: 0,
    putAway: 0,
    recent: [],
    waits,
    slots: [],
    tasks: [],
    told: [],
  };
  if (derived === undefined) return base;
  const origin = { ...fresh, joined: [...derived.joined] };
  return { ...base, ...derivedRun({ id: run.id, ...derived }, origin, now), epoch: 1 };
}
