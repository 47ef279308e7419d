/** Reads out of a Markdown text what it claims to exist in the repository. */

/**
 * Something that a text names: a `path` or pattern of paths, the target of a relative `link`, an npm `script`,
 * a `command` started with npx, or a `variable` of the environment set before a command.
 */
export interface Claim {
  readonly kind: "path" | "link" | "script" | "command" | "variable";
  readonly value: string;
}

/** A fence and its text, a code span, or a link: whichever comes first. */
const parts = /^```(\w*)[^\n]*\n([\s\S]*?)^```|`([^`\n]+)`|\]\(([^)\s]+)\)/gm;
const pathLike = /^[\w.@*<>{}, -]+(?:\/[\w.@*<>{},-]+)*\/?$/;
const shells = new Set(["sh", "bash", "shell", "console"]);
/** What npm does itself when it is given these words. */
const scriptShorthands = new Set(["test", "start", "stop", "restart"]);

/** All claims of a Markdown text, in its order. Fences that are not of a shell claim nothing: they may be a user's code. */
export function claimsOf(text: string): Claim[] {
  return [...text.matchAll(parts)].flatMap(([, language, fenced, span, target]): Claim[] => {
    if (fenced !== undefined) return shells.has(language ?? "") ? fenced.split("\n").flatMap(claimsOfLine) : [];
    if (span !== undefined) return claimsOfSpan(span);
    return target === undefined || /^[a-z]+:/.test(target) ? [] : [{ kind: "link", value: target }];
  });
}

/** The anchors that headings of a Markdown text get: lower case, without punctuation, spaces as hyphens. */
export function headingAnchors(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ +(.+)$/gm);
  return new Set(
    [...headings].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

function claimsOfSpan(span: string): Claim[] {
  const command = claimsOfLine(span);
  if (command.length > 0) return command;
  const isPath = pathLike.test(span) && (span.includes("/") || /\.(?:ts|mjs|md)$/.test(span));
  return isPath ? [{ kind: "path", value: span }] : [];
}

/** Claims of one line of a shell; text after `#` is a comment. */
function claimsOfLine(line: string): Claim[] {
  const commands = line.replace(/(?:^|\s)#.*$/, "").split(/&&|\|\|?|;/);
  return commands.flatMap((command) => {
    const words = command.trim().replace(/^\$ /, "").split(/\s+/);
    const claims: Claim[] = [];
    while (/^[A-Z][A-Z0-9_]*=/.test(words[0] ?? "")) {
      claims.push({ kind: "variable", value: (words.shift() as string).replace(/=.*$/, "") });
    }
    return [...claims, ...claimsOfCommand(words)];
  });
}

function claimsOfCommand([program, ...words]: string[]): Claim[] {
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  if (first === undefined) return [];
  if (program === "npx") return [{ kind: "command", value: first }];
  if (program === "node") return [{ kind: "path", value: first }];
  if (program !== "npm") return [];
  if (first === "run" && second !== undefined) return [{ kind: "script", value: second }];
  return scriptShorthands.has(first) ? [{ kind: "script", value: first }] : [];
}
