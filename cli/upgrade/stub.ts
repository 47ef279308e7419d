/** The source of a `migrate` for what a check found: it blocks every run until its author has filled it in. */
import type { LabelReport } from "./report.ts";

export function migrateStub(rows: readonly LabelReport[]): string {
  const open = rows.filter(({ verdict }) => verdict === "NEEDS MIGRATION" || verdict === "STRANDED");
  return `import type { Migrate } from "backstitch";

/**
 * Give it to the function: \`createFunction({ id: …, migrate }, …)\`. A run whose frame it throws for stays as it is,
 * blocked with the reason; \`backstitch runs unblock\` lets it try again.
 */
export const migrate: Migrate = (frame) => {
${open.map(labelCase).join("")}  return frame;
};
`;
}

function labelCase(row: LabelReport): string {
  const { code, label, reasons, renamedTo, missing } = row;
  const head = `  if (frame.code === ${quote(code)} && frame.label === ${quote(label)}) {\n`;
  const notes = reasons.map((reason) => `    // ${reason.replace(/\s+/g, " ")}\n`).join("");
  const renamed = renamedTo === undefined ? "" : renameLines(label, renamedTo);
  const slots = missing.map(({ scope, name, type }) => {
    const note = type === undefined ? "" : ` // ${type.replace(/\s+/g, " ")}`;
    return `    // frame.scope(${quote(scope)})[${quote(name)}] = …;${note}\n`;
  });
  const open = renamedTo === undefined || missing.length > 0;
  const end = open ? `    throw new Error(${quote(`${code} is not migrated at "${label}" yet`)});\n` : "";
  return `${head}${notes}${renamed}${slots.join("")}${end}  }\n`;
}

function renameLines(label: string, renamedTo: string): string {
  const callback = `    if (frame.step?.callback?.id === ${quote(label)}) frame.step.callback.id = ${quote(renamedTo)};\n`;
  return `    frame.label = ${quote(renamedTo)};\n${callback}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
