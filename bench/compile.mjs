/** What the plugin adds to a compilation by `tspc`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { summary } from "./statistics.mjs";
import { bench, inFolder, tspc } from "./workspace.mjs";

export const plugin = { name: "backstitch", transform: "backstitch/transformer", transformProgram: true };

/** @param files number of files, every tenth with a workflow @param repetitions pairs, without and with the plugin */
export async function measureCompile(files, repetitions) {
  return inFolder((folder) => {
    const lines = writeProject(folder, files);
    const plain = [];
    const withPlugin = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      plain.push(compile(folder, "plain"));
      withPlugin.push(compile(folder, "plugin"));
    }
    return {
      files,
      lines,
      cpuSeconds: summary(plain.map(({ cpu }) => cpu)),
      cpuSecondsWithPlugin: summary(withPlugin.map(({ cpu }) => cpu)),
      cpuRatio: summary(withPlugin.map(({ cpu }, pair) => cpu / plain[pair].cpu)),
      wallSeconds: summary(plain.map(({ wall }) => wall)),
      wallSecondsWithPlugin: summary(withPlugin.map(({ wall }) => wall)),
      wallRatio: summary(withPlugin.map(({ wall }, pair) => wall / plain[pair].wall)),
    };
  });
}

function compile(folder, config) {
  const usage = join(folder, "usage");
  const args = ["-r", join(bench, "report-usage.cjs"), tspc, "-p", join(folder, `${config}.json`)];
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, {
    stdio: "inherit",
    env: { ...process.env, BENCH_USAGE: usage },
  });
  const wall = (performance.now() - start) / 1_000;
  if (status !== 0) throw new Error(`tspc could not compile the generated project with ${config}.json`);
  return { wall, cpu: Number(readFileSync(usage, "utf8")) };
}

/** Answers how many lines were written. */
export function writeProject(folder, files) {
  mkdirSync(join(folder, "src"));
  let lines = 0;
  for (let file = 0; file < files; file++) {
    const text = file % 10 === 9 ? workflowFile(file) : ordinaryFile(file);
    lines += text.split("\n").length;
    writeFileSync(join(folder, "src", `file-${file}.ts`), text);
  }
  writeFileSync(join(folder, "src", "client.ts"), clientFile);
  for (const [config, plugins] of Object.entries({ plain: [], plugin: [plugin] })) {
    writeFileSync(join(folder, `${config}.json`), JSON.stringify(tsconfig(config, plugins)));
  }
  return lines;
}

export function tsconfig(config, plugins) {
  const options = { target: "ES2022", lib: ["ES2023"], types: ["node"], module: "NodeNext", strict: true };
  return {
    compilerOptions: { ...options, skipLibCheck: true, sourceMap: true, rootDir: "src", outDir: config, plugins },
    include: ["src"],
  };
}

const clientFile = `import { Backstitch } from "backstitch";
export const client = new Backstitch({ id: "generated" });
`;

/** A type, a class and twelve functions that use one another and the file before. */
function ordinaryFile(file) {
  const before = file > 0 && file % 10 !== 0 ? `import { total as before } from "./file-${file - 1}.js";\n` : "";
  const functions = Array.from({ length: 12 }, (_, n) => ordinaryFunction(file, n)).join("\n");
  return `${before}export interface Order${file} { readonly id: string; amount: number; tags: readonly string[]; note?: string }

export class Book${file} {
  readonly #orders = new Map<string, Order${file}>();

  add(order: Order${file}): this {
    this.#orders.set(order.id, order);
    return this;
  }

  select<Key extends keyof Order${file}>(key: Key, value: Order${file}[Key]): Order${file}[] {
    return [...this.#orders.values()].filter((order) => order[key] === value);
  }
}

${functions}
export function total(orders: readonly Order${file}[]): number {
  return orders.reduce((sum, order) => sum + order.amount, ${before === "" ? "0" : "before([])"});
}
`;
}

function ordinaryFunction(file, n) {
  return `export async function settle${n}(orders: readonly Order${file}[], limit = ${n}): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const { id, amount, tags } of orders) {
    if (amount > limit) result[id] = (result[id] ?? 0) + amount * ${n + 1};
    else if (tags.includes("open")) result[id] = await Promise.resolve(amount);
  }
  return result;
}
`;
}

/** Three workflows with a rollback each, a loop and a condition. */
export function workflowFile(file) {
  return `import { client } from "./client.js";
import { Book${file - 1}, settle0, total as before } from "./file-${file - 1}.js";

export const total = (orders: readonly number[]): number => orders.length + before([]);
${[0, 1, 2].map((n) => workflow(file, n)).join("\n")}`;
}

function workflow(file, n) {
  return `
export const workflow${n} = client.createFunction(
  { id: "workflow-${file}-${n}" },
  { event: "generated/order" },
  async ({ event, step }) => {
    const orders = [{ id: String(event.data.id), amount: ${n + 1}, tags: ["open"] }];
    let settled: Record<string, number> = {};
    try {
      settled = await step.run("settle", () => settle0(orders));
      for (const { id } of orders) {
        if ((settled[id] ?? 0) > 10) await step.run("ship", () => total([settled[id] ?? 0]));
        else await step.sleep("wait", "1s");
      }
    } catch (error) {
      await step.run("undo", () => String(error));
    }
    const receipt = await step.run("receipt", () => ({ orders, settled }));
    return { receipt, books: new Book${file - 1}().select("amount", ${n}).length };
  },
);
`;
}
