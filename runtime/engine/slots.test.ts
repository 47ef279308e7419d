import { expect, it } from "vitest";
import { checkedFlow } from "../flow/options.ts";
import type { Claim, Mail } from "../store.ts";
import { Activation } from "./activation.ts";
import { Handle } from "./handle.ts";
import type { Op } from "./ops.ts";
import { RunOwner } from "./owner.ts";
import { Slots } from "./slots.ts";
import { handler, memoryHost, newClaim } from "./testing-support.ts";

const flow = checkedFlow({ concurrency: 1 }, "a test");
const limited = { ...handler("limited", { labels: {} }, async () => {}), flow };

const slotMail: Mail = { seq: 1, op: 1, kind: "slot", text: null, receivedAt: 0 };

/** The slots of a claim, and a step of it that is due. */
function slotsOf(changes: Partial<Claim>) {
  const claim = newClaim({}, changes);
  const host = memoryHost(() => {});
  const activation = new Activation(new RunOwner(claim, limited, host));
  const op: Op = {
    number: 1,
    id: "work",
    kind: "step",
    handle: new Handle("a step", activation),
    callback: undefined,
    input: [],
    options: undefined,
    attempt: 0,
    dueAt: 0,
    madeAt: 0,
    outcome: undefined,
    running: false,
    lostAttempt: undefined,
    announcement: undefined,
  };
  activation.addOp(op);
  return { slots: new Slots(claim, limited, host), activation, op };
}

it("are what mail says that came since they were asked for", () => {
  const { slots, activation, op } = slotsOf({});
  slots.ask(activation.ops);
  expect(slots.mayStart(op)).toBe(false);
  slots.told(slotMail);
  expect(slots.mayStart(op)).toBe(true);
});

it("are those of the claim", () => {
  const { slots, op } = slotsOf({ slots: [{ op: 1, granted: false }], mail: [slotMail] });
  slots.told(slotMail);
  expect(slots.mayStart(op)).toBe(true);
});

it("are not what mail says that was there when the run gave them back", () => {
  const { slots, activation, op } = slotsOf({ mail: [slotMail] });
  slots.ask(activation.ops);
  slots.told(slotMail);
  expect(slots.mayStart(op)).toBe(false);
  slots.told({ ...slotMail, seq: 2 });
  expect(slots.mayStart(op)).toBe(true);
});
