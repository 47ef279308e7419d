import { expect, it } from "vitest";
import { postgres } from "../../runtime/stores/postgres/index.ts";
import { newSchema, testServer } from "../../runtime/stores/testing-postgres.ts";
import { Failure } from "../failure.ts";
import { withDatabase } from "../runs/open.ts";
import { nameOf } from "./databases.ts";

const server = testServer();

it("runs of a PostgreSQL database are found by its address, with its schema, and named without the password", async () => {
  const options = newSchema(server());
  const store = postgres(options);
  await store.open();
  await store.putEvents([{ id: "e", app: "shop", name: "order", data: "[1,{}]", receivedAt: 0 }]);
  await store.route({ app: "shop", id: "e" }, [{ id: "r", app: "shop", functionId: "f", eventId: "e", wakeAt: 0 }]);
  await store.close();
  const database = `${options.url}?schema=${options.schema}`;
  const found = await withDatabase({ database }, async (opened) => (await opened.all()).list());
  expect(found.map(({ id }) => id)).toEqual(["r"]);
  const missing = withDatabase({ database, app: "other" }, (opened) => opened.all());
  await expect(missing).rejects.toThrow(`${nameOf(database)} has nothing of app "other"`);
  expect(nameOf(database)).not.toContain("password");
});

it.each([
  ["postgres://u:secret@127.0.0.1:1/d", /nothing listens there/],
  ["postgres://u:secret@[/d", /`url` of postgres\(\) is not the address/],
  ["missing.db", /There is no missing\.db/],
])("says what is wrong with %s", async (database, problem) => {
  const asked = withDatabase({ database }, (opened) => opened.all());
  await expect(asked).rejects.toBeInstanceOf(Failure);
  await expect(asked).rejects.toThrow(problem);
  await expect(asked).rejects.not.toThrow(/secret/);
});
