import { summary } from "../statistics.mjs";

/** What was measured, and what was not, with the reason. */
export class Record {
  #workloads;
  #systems;
  #figures = new Map();
  #leftOut = new Map();
  #syncs = new Map();

  constructor(workloads, systems) {
    this.#workloads = workloads;
    this.#systems = systems;
  }

  add(workload, system, value) {
    const key = `${workload.id} ${system.name}`;
    this.#figures.set(key, [...(this.#figures.get(key) ?? []), value]);
  }

  leaveOut(workload, system, because) {
    const key = `${workload.id} ${system.name}`;
    if (!this.#leftOut.has(key)) console.log(`${system.name}, ${workload.title}: left out, ${because}`);
    this.#leftOut.set(key, because);
  }

  setSyncs(system, count) {
    this.#syncs.set(system.name, count);
  }

  /** One table per workload, with a row for each system. */
  tables() {
    return this.#workloads.map(({ id, picture, title, unit, more = false }) => ({
      id,
      picture,
      title,
      unit,
      more,
      rows: this.#systems.map(({ name, waitsForDisk }) => {
        const values = this.#figures.get(`${id} ${name}`);
        const leftOut = this.#leftOut.get(`${id} ${name}`);
        return { name, waitsForDisk, ...(values && summary(values)), ...(leftOut && { leftOut }) };
      }),
    }));
  }

  systems() {
    return this.#systems.map(({ name, waitsForDisk }) => ({ name, waitsForDisk, syncsPerStep: this.#syncs.get(name) }));
  }
}
