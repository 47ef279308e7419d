import { Backstitch } from "backstitch";
import { sqlite } from "backstitch/sqlite";
import type { Cart } from "./services.js";

export const shop = new Backstitch<{ "shop/cart.submitted": { data: { cart: Cart } } }>({
  id: "shop",
  store: sqlite({ path: process.env.SHOP_DATABASE ?? "shop.db" }),
});
