/** What is compared. `durable` says what a step waits for before the next one begins. */
export const systems = [
  { name: "Backstitch, SQLite", module: "backstitch", durable: "fsync" },
  { name: "Backstitch, Postgres", module: "backstitch", postgres: true, durable: "fsync" },
  { name: "openworkflow, SQLite", module: "openworkflow", package: "openworkflow", durable: "fsync", mostSteps: 999 },
  {
    name: "openworkflow, Postgres",
    module: "openworkflow",
    package: "openworkflow",
    postgres: true,
    durable: "fsync",
    mostSteps: 999,
  },
  { name: "DBOS, Postgres", module: "dbos", package: "@dbos-inc/dbos-sdk", postgres: true, durable: "fsync" },
  // Its time for a step grows with the steps before, so that more of them would take minutes.
  {
    name: "Inngest SDK, no store",
    module: "inngest",
    package: "inngest",
    durable: "nothing",
    mostSteps: 500,
    resumes: false,
  },
];
