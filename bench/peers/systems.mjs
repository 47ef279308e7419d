/**
 * What is compared.
 *
 * `waitsForDisk` is what a system says of itself: whether a step is on the disk, by `fsync`, before the next one begins. The
 * bench counts the calls and refuses a system that does otherwise. `server` is what it needs beside its process, `node` the
 * oldest Node that it runs on, `prepares` that its adapter has work to do before all measurements. `mostSteps` and
 * `cannotResume` say what is left out, and why.
 */
const ofOpenworkflow = {
  module: "openworkflow",
  package: "openworkflow",
  node: 22,
  waitsForDisk: true,
  mostSteps: { count: 999, because: "a run has 1,000 steps at most" },
};

export const systems = [
  { name: "Backstitch, SQLite", module: "backstitch", waitsForDisk: true },
  { name: "Backstitch, Postgres", module: "backstitch", server: "postgres", waitsForDisk: true },
  { name: "Backstitch, Restate", module: "backstitch", server: "restate", node: 22, waitsForDisk: true },
  { name: "openworkflow, SQLite", ...ofOpenworkflow },
  { name: "openworkflow, Postgres", ...ofOpenworkflow, server: "postgres" },
  { name: "DBOS, Postgres", module: "dbos", package: "@dbos-inc/dbos-sdk", server: "postgres", waitsForDisk: true },
  {
    name: "Restate, by hand",
    module: "restate",
    package: "@restatedev/restate-server",
    server: "restate",
    node: 22,
    waitsForDisk: true,
  },
  { name: "Cloudflare, miniflare", module: "cloudflare", package: "miniflare", node: 22, waitsForDisk: true },
  {
    name: "Vercel, local world",
    module: "vercel",
    package: "workflow",
    prepares: true,
    waitsForDisk: false,
    mostSteps: { count: 200, because: "the more steps before, the slower: it would take minutes" },
  },
  {
    name: "Inngest SDK, no store",
    module: "inngest",
    package: "inngest",
    waitsForDisk: false,
    mostSteps: { count: 500, because: "the more steps before, the slower: it would take minutes" },
    cannotResume: "it stores nothing",
  },
];

/** Why a workload is not measured on a system; undefined when it is. */
export function reasonToLeaveOut({ mostSteps, cannotResume }, { steps, resumes }) {
  if (resumes && cannotResume !== undefined) return cannotResume;
  return mostSteps !== undefined && steps > mostSteps.count ? mostSteps.because : undefined;
}
