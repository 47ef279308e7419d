/** What the plugin adds to the time in which tsserver reports on a file with workflows that was edited. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { plugin, tsconfig, writeProject } from "./compile.mjs";
import { summary } from "./statistics.mjs";
import { inFolder, root } from "./workspace.mjs";

/** @param files number of files of the project, every tenth with workflows @param edits of one of these */
export async function measureEditor(files, edits) {
  return inFolder(async (folder) => {
    const outfile = join(folder, "tsserver.mjs");
    const options = { bundle: true, platform: "node", format: "esm", logLevel: "warning" };
    await build({ ...options, entryPoints: [join(root, "fixtures", "tsserver.ts")], outfile });
    // The bundle does not lie where its source does.
    process.env.BACKSTITCH_TOOLCHAIN ??= root;
    const { TsServer } = await import(pathToFileURL(outfile).href);
    const servers = { plain: open(TsServer, folder, files, []), plugin: open(TsServer, folder, files, [plugin]) };
    try {
      const times = { plain: [], plugin: [] };
      for (const server of Object.values(servers)) await server.report(0);
      for (let edit = 1; edit <= edits; edit++) {
        for (const [name, server] of Object.entries(servers)) times[name].push(await server.report(edit));
      }
      const added = times.plugin.map((ms, edit) => ms - times.plain[edit]);
      return { files, ms: summary(times.plain), msWithPlugin: summary(times.plugin), msAdded: summary(added) };
    } finally {
      for (const { end } of Object.values(servers)) await end();
    }
  });
}

function open(TsServer, parent, files, plugins) {
  const folder = join(parent, plugins.length > 0 ? "plugin" : "plain");
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules", "backstitch"), "dir");
  cpSync(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "generated", type: "module" }));
  writeProject(folder, files);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig("out", plugins)));
  const file = join(folder, "src", "file-9.ts");
  const text = readFileSync(file, "utf8");
  const server = new TsServer(folder);
  server.open(file, text);
  return {
    end: () => server.end(),
    /** Milliseconds from an edit to the diagnostics. */
    async report(edit) {
      const start = performance.now();
      server.change(file, text.replace('step.run("ship"', `step.run("ship-${edit}"`));
      const found = await server.semantic(file);
      const ms = performance.now() - start;
      const errors = found.filter(({ category }) => category === "error");
      if (errors.length > 0) throw new Error(`tsserver reports: ${JSON.stringify(errors)}`);
      return ms;
    },
  };
}
