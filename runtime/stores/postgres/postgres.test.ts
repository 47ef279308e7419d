import { afterAll, beforeAll, describe, it } from "vitest";
import { testStore } from "../../testing/store-suite.ts";
import { dropSchema, emptySchema, newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres } from "./index.ts";

const server = testServer();
let options: PostgresOptions;

beforeAll(() => {
  options = newSchema(server());
});
afterAll(() => dropSchema(options));

testStore("PostgreSQL", {
  create: () => postgres(options),
  destroy: () => emptySchema(options),
  describe,
  it,
});
