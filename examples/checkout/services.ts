/** What a shop talks to, as fakes: each returns what the real one would, and none of them fails by itself. */

export interface Item {
  readonly sku: string;
  readonly quantity: number;
  readonly price: number;
}

export interface Cart {
  readonly customer: string;
  readonly items: readonly Item[];
  readonly payment: "card" | "invoice";
  readonly points: number;
}

export interface Order {
  readonly id: string;
  readonly customer: string;
}

export interface Reservation {
  readonly sku: string;
  readonly warehouse: string;
}

export const orders = {
  create: (cart: Cart): Order => ({ id: `order-${cart.customer}`, customer: cart.customer }),
  close: (order: Order) => `${order.id} is closed`,
  cancel: (order: Order) => `${order.id} is cancelled`,
};

export const prices = {
  total: (items: readonly Item[]) => items.reduce((sum, { price, quantity }) => sum + price * quantity, 0),
};

export const fraud = {
  /** From 0 to 100. */
  score: (cart: Cart) => (cart.items.some(({ quantity }) => quantity > 50) ? 90 : 10),
  askForReview: (order: Order) => `review-${order.id}`,
  decision: (review: string) => (review.includes("mallory") ? "rejected" : "approved"),
};

export const addresses = {
  validate: (customer: string) => ({ street: `${customer} street`, zone: "EU" }),
};

export const loyalty = {
  redeem: (customer: string, points: number) => ({ customer, points, discount: points / 100 }),
  giveBack: (customer: string, points: number) => `${points} points for ${customer}`,
};

export const warehouse = {
  reserve: (item: Item, name: string): Reservation => ({ sku: item.sku, warehouse: name }),
  release: (reservation: Reservation) => `${reservation.sku} is free again`,
  pack: (reservations: readonly Reservation[]) => reservations.length,
};

export const bank = {
  authorize: (customer: string, amount: number) => `authorization-${customer}-${amount}`,
  openInvoice: (customer: string, amount: number) => `invoice-${customer}-${amount}`,
  capture: (_payment: string): "captured" | "pending" => "captured",
  void: (payment: string) => `${payment} is void`,
};

export const carriers = {
  book: (carrier: string, order: Order) => `${carrier}-${order.id}`,
  label: (parcel: string) => `label-${parcel}`,
  handOver: (parcel: string) => `${parcel} is on its way`,
  cancel: (parcel: string) => `${parcel} is cancelled`,
};

export const mail = {
  send: (customer: string, text: string) => `${text}, ${customer}`,
};

export const analytics = {
  record: (order: Order, total: number) => ({ order: order.id, total }),
};
