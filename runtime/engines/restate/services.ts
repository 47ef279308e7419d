/** The services of an app, as Restate's SDK defines them. */
import type { ObjectOptions, RetryPolicy, ServiceOptions } from "@restatedev/restate-sdk";
import { attemptsHandlers } from "./attempts-object.ts";
import { cronHandlers } from "./cron-object.ts";
import { eventHandlers, eventReaders, eventsHandlers } from "./event-object.ts";
import { flowHandlers } from "./flow-object.ts";
import { historyHandlers } from "./history-object.ts";
import type { HostParts } from "./host-parts.ts";
import { mailboxHandlers, mailboxReaders } from "./mailbox-object.ts";
import { moveHandlers, moveReaders } from "./move-object.ts";
import { type ServiceKind, serviceName } from "./names.ts";
import { poolHandlers } from "./pool-object.ts";
import { runHandlers, runReaders } from "./run-object.ts";
import type { Sdk } from "./sdk.ts";
import { signalHandlers } from "./signal-object.ts";
import { taskHandlers } from "./task-service.ts";

/** Only what is wrong with the machinery is tried again by Restate, without end: it is not the run's fault. */
const retryPolicy: RetryPolicy = {
  initialInterval: 50,
  exponentiationFactor: 2,
  maxInterval: 5_000,
  maxAttempts: Number.MAX_SAFE_INTEGER,
  onMaxAttempts: "pause",
};

/**
 * @param longestStepMs how long nothing may be journalled before the server takes the invocation for dead
 * @returns what an endpoint serves
 */
export function servicesOf(sdk: Sdk, host: HostParts, longestStepMs: number) {
  const serviceOptions: ServiceOptions = {
    retryPolicy,
    journalRetention: 0,
    inactivityTimeout: longestStepMs,
    abortTimeout: longestStepMs,
  };
  // Invocations come with the whole state of their object, which is small: nothing is asked for again.
  const options: ObjectOptions = { ...serviceOptions, enableLazyState: false };
  const unread: ObjectOptions = { ...serviceOptions, enableLazyState: true };
  const { shared } = sdk.handlers.object;
  const object = <Handlers>(kind: ServiceKind, handlers: Handlers, settings = options) =>
    sdk.object({ name: serviceName(host.app, kind), handlers: handlers as never, options: settings });
  return [
    object("run", { ...runHandlers(host), ring: shared(runReaders.ring) }),
    object("event", { ...eventHandlers(host), read: shared(eventReaders.read) }),
    object("mailbox", { ...mailboxHandlers(host), look: shared(mailboxReaders.look) }),
    object("signal", signalHandlers(host)),
    object("pool", poolHandlers(host)),
    object("cron", cronHandlers(host)),
    object("attempts", attemptsHandlers(host)),
    object("move", { ...moveHandlers, look: shared(moveReaders.look) }),
    object("history", historyHandlers, unread),
    object("flow", flowHandlers(host), unread),
    sdk.service({
      name: serviceName(host.app, "task"),
      handlers: taskHandlers(host) as never,
      options: serviceOptions,
    }),
    sdk.service({
      name: serviceName(host.app, "events"),
      handlers: eventsHandlers(host) as never,
      options: serviceOptions,
    }),
  ];
}
