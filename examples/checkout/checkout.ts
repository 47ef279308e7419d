// A checkout of thirty steps. Whatever has been done is undone in the opposite order when a later step fails.
import { NonRetriableError, type Step } from "backstitch";
import { shop } from "./client.js";
import {
  addresses,
  analytics,
  bank,
  carriers,
  fraud,
  loyalty,
  mail,
  type Order,
  orders,
  prices,
  type Reservation,
  warehouse,
} from "./services.js";

export default shop.createFunction({ id: "checkout" }, { event: "shop/cart.submitted" }, async ({ event, step }) => {
  const { cart } = event.data;
  const { customer } = cart;
  const order = await step.run("create-order", () => orders.create(cart));

  try {
    const [total, risk, address] = await Promise.all([
      step.run("price-cart", () => prices.total(cart.items)),
      step.run("assess-risk", () => fraud.score(cart)),
      step.run("validate-address", () => addresses.validate(customer)),
    ]);

    if (risk > 80) await review(step, order);

    const discount = await step
      .run("redeem-points", () => loyalty.redeem(customer, cart.points).discount)
      .catch(() => 0);

    try {
      const reservations = await step.map(cart.items, { concurrency: 4 }, async (item) => {
        try {
          return await step.run(`reserve-${item.sku}`, () => warehouse.reserve(item, "north"));
        } catch {
          return await step.run(`reserve-elsewhere-${item.sku}`, () => warehouse.reserve(item, "south"));
        }
      });

      try {
        const due = total - discount;
        let payment: string;
        if (cart.payment === "card") {
          payment = await step.run("authorize-card", () => bank.authorize(customer, due));
        } else {
          await step.run("check-credit", () => addresses.validate(customer).zone === address.zone);
          payment = await step.run("open-invoice", () => bank.openInvoice(customer, due));
        }

        try {
          const parcel = await ship(step, order, reservations);
          await collect(step, payment);
          await step.run("hand-over-parcel", () => carriers.handOver(parcel));
        } catch (error) {
          await step.run("void-payment", () => bank.void(payment));
          throw error;
        }
      } catch (error) {
        for (const reservation of reservations) {
          await step.run(`release-${reservation.sku}`, () => warehouse.release(reservation));
        }
        throw error;
      }
    } catch (error) {
      if (discount > 0) await step.run("give-points-back", () => loyalty.giveBack(customer, cart.points));
      throw error;
    }

    await announce(step, order, total);
    await step.sleep("wait-for-delivery", "5 days");
    await step.run("ask-for-feedback", () => mail.send(customer, "How was it?")).catch();
    await step.run("close-order", () => orders.close(order));
    return "delivered";
  } catch (error) {
    await step.run("cancel-order", () => orders.cancel(order));
    await step.run("apologise", () => mail.send(customer, "We are sorry"));
    throw error;
  }
});

/** Lets a person look at an order. */
async function review(step: Step, order: Order): Promise<void> {
  const id = await step.run("ask-for-review", () => fraud.askForReview(order));
  await step.sleep("wait-for-review", "1h");
  const decision = await step.run("read-decision", () => fraud.decision(id));
  if (decision !== "approved") throw new NonRetriableError(`the review says ${decision}`);
}

/** Packs the goods and books a parcel service, the cheap one first. */
async function ship(step: Step, order: Order, reservations: readonly Reservation[]): Promise<string> {
  const parcel = await step
    .run("book-courier", () => carriers.book("courier", order))
    .catch(() => step.run("book-post", () => carriers.book("post", order)));
  try {
    await Promise.all([
      step.run("pack-goods", () => warehouse.pack(reservations)),
      step.run("print-label", () => carriers.label(parcel)),
    ]);
  } catch (error) {
    await step.run("cancel-parcel", () => carriers.cancel(parcel));
    throw error;
  }
  return parcel;
}

/** Asks the bank for the money until it is there. */
async function collect(step: Step, payment: string): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const state = await step.run("capture-payment", () => bank.capture(payment));
    if (state === "captured") return;
    await step.sleep("wait-for-bank", "10m");
  }
  throw new NonRetriableError("the bank did not answer");
}

/** Tells everybody. None of this is worth undoing the order for. */
async function announce(step: Step, order: Order, total: number): Promise<void> {
  await Promise.allSettled([
    step.run("send-receipt", () => mail.send(order.customer, "Here is your receipt")),
    step.run("send-tracking-link", () => mail.send(order.customer, "Follow your parcel")),
    step.run("record-sale", () => analytics.record(order, total)),
  ]);
}
