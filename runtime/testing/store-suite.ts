/**
 * The conformance suite: what every store must do, over the public interface alone.
 *
 * It depends on no test runner; it is given `describe` and `it` (of vitest, node:test, …) and asserts with node:assert.
 */
import type { Store } from "../store.ts";
import { arrivalTests, brokenArrivalTests, refusalTests, roundTripTests } from "./store-suite/arrivals.ts";
import { claimTests, nextWakeTests } from "./store-suite/claims.ts";
import { blockingTests, commitTests, endingTests, repeatTests } from "./store-suite/commits.ts";
import {
  eventListTests,
  eventOrderTests,
  eventTests,
  fateTests,
  hostileTextTests,
  routeManyTests,
  routingTests,
} from "./store-suite/events.ts";
import { joinTests } from "./store-suite/joins.ts";
import { leaseTests, lostLeaseTests } from "./store-suite/leases.ts";
import { cancelTests, childTests, goneWaitTests, mailTests, signalTests, waitTests } from "./store-suite/mail.ts";
import { awayTests, departureTests, moveTests, settlementTests } from "./store-suite/moves.ts";
import { deriveTests, filterTests, outcomeTests, partedTests } from "./store-suite/operating.ts";
import { pieceEndTests, pieceFenceTests, pieceTests, wholeFrameTests } from "./store-suite/pieces.ts";
import { projectionPlaceTests, projectionTests } from "./store-suite/projection.ts";
import {
  pruneBoundTests,
  pruneEventTests,
  pruneSpentTests,
  pruneStepTests,
  pruneTests,
} from "./store-suite/pruning.ts";
import { givenBackTests, poolTests, slotTests } from "./store-suite/slots.ts";
import { stateTests } from "./store-suite/states.ts";
import type { Check } from "./store-suite/support.ts";
import { listTests, stepIndexTests, stepPageTests, stepTests } from "./store-suite/views.ts";

/** How the suite gets its stores, and the runner's functions. */
export interface StoreSuite {
  /** Makes an empty store that is not open; called once per test. */
  create(): Store | Promise<Store>;
  /** Removes what `create` made; called after the store was closed. */
  destroy?(store: Store): void | Promise<void>;
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/**
 * Declares the conformance tests of a store.
 *
 * @param name Shown in the test report.
 * @example
 * ```ts
 * import { describe, it } from "vitest";
 * testStore("sqlite", { create: () => sqlite({ path: ":memory:" }), describe, it });
 * ```
 */
export function testStore(name: string, suite: StoreSuite): void {
  const check: Check = (title, body) => {
    suite.it(title, async () => {
      const store = await suite.create();
      try {
        await store.open();
        await body(store);
      } finally {
        await store.close();
        await suite.destroy?.(store);
      }
    });
  };
  suite.describe(`store conformance: ${name}`, () => {
    suite.describe("events", () => eventTests(check));
    suite.describe("order of events", () => eventOrderTests(check));
    suite.describe("many events", () => routeManyTests(check));
    suite.describe("listEvents", () => eventListTests(check));
    suite.describe("fates of events", () => fateTests(check));
    suite.describe("routing", () => routingTests(check));
    suite.describe("hostile text", () => hostileTextTests(check));
    suite.describe("claim", () => claimTests(check));
    suite.describe("leases", () => leaseTests(check));
    suite.describe("lost leases", () => lostLeaseTests(check));
    suite.describe("commit", () => commitTests(check));
    suite.describe("lost answers", () => repeatTests(check));
    suite.describe("ending", () => endingTests(check));
    suite.describe("blocking", () => blockingTests(check));
    suite.describe("pieces of frames", () => pieceTests(check));
    suite.describe("pieces behind the fence", () => pieceFenceTests(check));
    suite.describe("pieces of runs that end", () => pieceEndTests(check));
    suite.describe("whole frames", () => wholeFrameTests(check));
    suite.describe("mail", () => mailTests(check));
    suite.describe("waits for events", () => waitTests(check));
    suite.describe("waits that are gone", () => goneWaitTests(check));
    suite.describe("signals", () => signalTests(check));
    suite.describe("runs started by ops", () => childTests(check));
    suite.describe("cancel", () => cancelTests(check));
    suite.describe("slots", () => slotTests(check));
    suite.describe("pools of slots", () => poolTests(check));
    suite.describe("slots of runs that end", () => givenBackTests(check));
    suite.describe("joining", () => joinTests(check));
    suite.describe("states", () => stateTests(check));
    suite.describe("nextWake", () => nextWakeTests(check));
    suite.describe("steps", () => stepTests(check));
    suite.describe("index of a step", () => stepIndexTests(check));
    suite.describe("pages of steps", () => stepPageTests(check));
    suite.describe("listRuns", () => listTests(check));
    suite.describe("filters of listRuns", () => filterTests(check));
    suite.describe("runs made of others", () => deriveTests(check));
    suite.describe("runs that part from others", () => partedTests(check));
    suite.describe("outcomes of ops", () => outcomeTests(check));
    suite.describe("leaving", () => departureTests(check));
    suite.describe("away", () => awayTests(check));
    suite.describe("moves", () => moveTests(check));
    suite.describe("moves that are settled", () => settlementTests(check));
    suite.describe("moves there and back", () => roundTripTests(check));
    suite.describe("arriving", () => arrivalTests(check));
    suite.describe("arriving in parts", () => brokenArrivalTests(check));
    suite.describe("refusing moves", () => refusalTests(check));
    suite.describe("projections", () => projectionTests(check));
    suite.describe("places of projections", () => projectionPlaceTests(check));
    suite.describe("prune", () => pruneTests(check));
    suite.describe("events that are pruned", () => pruneEventTests(check));
    suite.describe("prune steps", () => pruneStepTests(check));
    suite.describe("prune piece by piece", () => pruneBoundTests(check));
    suite.describe("prune events that waits or limits took", () => pruneSpentTests(check));
  });
}
