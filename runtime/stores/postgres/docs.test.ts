import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const here = new URL("./", import.meta.url);
const packed = (text: string) => text.replaceAll(/\s+/g, " ").trim();

it("docs/stores.md shows the statements as they are", () => {
  const files = readdirSync(here).filter((name) => name.endsWith(".ts") && !name.includes("test"));
  const sources = files.map((name) => packed(readFileSync(new URL(name, here), "utf8"))).join("\n");
  const doc = readFileSync(new URL("../../../docs/stores.md", here), "utf8");
  const shown = [...doc.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = ""]) => sql);
  expect(shown.length).toBeGreaterThan(5);
  for (const sql of shown) for (const part of sql.split("…")) expect(sources).toContain(packed(part));
});
