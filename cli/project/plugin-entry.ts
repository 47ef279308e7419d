/** The entry of this package among the `plugins` of a tsconfig.json. ts-patch and editors read the same one. */
import { type ConfigFile, optionIn } from "./tsconfig-chain.ts";

export const pluginEntry = { name: "backstitch", transform: "backstitch/transformer", transformProgram: true } as const;

/** The entry as it is written in a tsconfig.json. */
export const pluginLine = JSON.stringify(pluginEntry, null, 1).replace(/\n\s*/g, " ");

export interface PluginEntry {
  /** The file whose `plugins` count, and what they are. Undefined when no file has any. */
  readonly file: ConfigFile | undefined;
  readonly plugins: readonly unknown[];
  /** Where in `plugins` the entry is; -1 when there is none. */
  readonly index: number;
  /** The properties of the entry that are not as they must be. */
  readonly faults: readonly (keyof typeof pluginEntry)[];
}

/** Looks for the entry, also for one that is misspelt. */
export function findPluginEntry(chain: readonly ConfigFile[]): PluginEntry {
  const option = optionIn(chain, "plugins");
  const plugins = Array.isArray(option?.value) ? option.value : [];
  const index = plugins.findIndex(isMeant);
  const entry = (plugins[index] ?? {}) as Partial<Record<keyof typeof pluginEntry, unknown>>;
  const faults = Object.entries(pluginEntry)
    .filter(([key, value]) => entry[key as keyof typeof pluginEntry] !== value)
    .map(([key]) => key as keyof typeof pluginEntry);
  return { file: option?.file, plugins, index, faults: index < 0 ? [] : faults };
}

function isMeant(entry: unknown): boolean {
  const { name, transform } = (entry ?? {}) as { name?: unknown; transform?: unknown };
  return [name, transform].some((text) => typeof text === "string" && /back-?sti/i.test(text));
}
