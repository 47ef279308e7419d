/**
 * What each system does. `steps` is how many a run has; `more` says that a larger figure is the better one; a workload that
 * `resumes` is run twice in the same store, and the first process is killed in its last step.
 */
const sequential = (steps) => ({
  id: `sequential-${steps}`,
  picture: "sequential",
  title: `${steps.toLocaleString("en-US")} steps in a row`,
  unit: "ms per step",
  steps,
  plan: { workload: "loop", steps },
  figure: ({ fromFirst }) => fromFirst / (steps - 1),
});

const resume = (steps) => ({
  id: `resume-${steps}`,
  picture: "resume",
  title: `killed after ${steps} steps, taken up by a new worker`,
  unit: "ms to the next step",
  steps: steps + 1,
  resumes: true,
  plan: { workload: "loop", steps: steps + 1 },
  figure: ({ fromWork }) => fromWork,
});

const throughput = {
  id: "throughput",
  picture: "throughput",
  title: "200 runs of 10 steps at once",
  unit: "steps per second",
  more: true,
  steps: 10,
  plan: { workload: "loop", runs: 200, steps: 10 },
  figure: ({ fromWork }) => 2_000_000 / fromWork,
};

const rollback = {
  id: "rollback",
  picture: "rollback",
  title: "100 runs at once that a step of a catch rolls back",
  unit: "runs per second",
  more: true,
  steps: 3,
  plan: { workload: "undone", runs: 100 },
  figure: ({ fromWork }) => 100_000 / fromWork,
};

/** @param quick leaves out those that take long */
export function workloadsOf(quick) {
  return [
    ...(quick ? [10, 100] : [10, 100, 1_000, 5_000]).map(sequential),
    throughput,
    ...(quick ? [10, 100] : [10, 100, 900]).map(resume),
    rollback,
  ];
}
