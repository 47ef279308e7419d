/** Reads the scripts of a package.json: which programs they start, with which words. */

/** One program that a script starts. */
export interface Invocation {
  /** `tsc` for `npx tsc`, `./node_modules/.bin/tsc` and `cross-env A=1 tsc`. `run` for another script of the same file. */
  readonly tool: string;
  readonly args: readonly string[];
  /** Where the name of the tool, and where the whole command stands in the script. */
  readonly toolAt: Span;
  readonly at: Span;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Word extends Span {
  readonly text: string;
}

const managers = new Set(["npm", "pnpm", "yarn", "bun"]);
/** Words of package managers that are no scripts. */
const managerCommands = /^(?:install|i|ci|add|remove|publish|pack|audit|create|init|link|version)$/;
/** Words of bun that other managers take for scripts. */
const bunCommands = /^(?:build|test)$/;
/** Programs that start the one behind them. */
const launchers = new Set(["npx", "bunx", "pnpx", "cross-env", "env", "time", "dotenv", "c8", "nyc"]);
const scriptRunners = new Set(["run-s", "run-p", "npm-run-all", "npm-run-all2"]);

/** All programs that a script starts, in order, also those in the quoted commands of `concurrently` and its like. */
export function invocationsOf(script: string): Invocation[] {
  return commandsOf(script).flatMap((words) => {
    const isSpoken = words[0]?.text === "echo";
    const nested = words
      .slice(isSpoken ? words.length : 1)
      .filter(({ text }) => /\s/.test(text))
      .flatMap((word) => shifted(invocationsOf(word.text), script.indexOf(word.text, word.start)));
    return [...invocations(words), ...nested];
  });
}

/** The value of an option of a command: `-p x`, `--project x` or `--project=x`. */
export function optionOf({ args }: Invocation, ...names: string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (names.includes(arg)) return args[index + 1];
    const name = names.find((each) => arg.startsWith(`${each}=`));
    if (name !== undefined) return arg.slice(name.length + 1);
  }
  return undefined;
}

export function hasFlag({ args }: Invocation, ...names: string[]): boolean {
  return args.some((arg) => names.some((name) => name.toLowerCase() === arg.toLowerCase()));
}

function shifted(invocations: Invocation[], by: number): Invocation[] {
  const move = ({ start, end }: Span): Span => ({ start: start + by, end: end + by });
  return invocations.map((each) => ({ ...each, toolAt: move(each.toolAt), at: move(each.at) }));
}

/** The words of each command of a line of a shell. */
function commandsOf(script: string): Word[][] {
  const commands: Word[][] = [[]];
  for (const match of script.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'&|;()])+|[&|;()]+/g)) {
    const [raw] = match;
    if (/^[&|;()]/.test(raw)) commands.push([]);
    else commands.at(-1)?.push({ text: unquoted(raw), start: match.index, end: match.index + raw.length });
  }
  return commands.filter((words) => words.length > 0);
}

function unquoted(raw: string): string {
  return raw.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double, single) => double ?? single);
}

function invocations(words: readonly Word[]): Invocation[] {
  const [first] = words;
  // What is quoted is read for itself.
  if (first === undefined || /\s/.test(first.text)) return [];
  const rest = words.slice(1);
  if (/^\w+=/.test(first.text) || first.text === "--") return invocations(rest);
  const name = first.text.replace(/^.*[\\/]node_modules[\\/]\.bin[\\/]|\.cmd$/g, "");
  if (launchers.has(name)) return invocations(rest.filter(({ text }, index) => index > 0 || !text.startsWith("-")));
  if (name === "nodemon" && rest.some(({ text }) => text === "--exec" || text === "-x")) {
    return invocations(rest.slice(rest.findIndex(({ text }) => text === "--exec" || text === "-x") + 1));
  }
  if (scriptRunners.has(name)) return scripts(words, rest);
  const isManager = managers.has(name) && rest.length > 0;
  return (isManager ? throughManager(name, words) : undefined) ?? [one(name, rest, words, first)];
}

/** Scripts and programs that a package manager starts; undefined when it does what is its own. */
function throughManager(name: string, words: readonly Word[]): Invocation[] | undefined {
  const [command, ...rest] = words.slice(1) as [Word, ...Word[]];
  if (["exec", "dlx", "x"].includes(command.text)) return invocations(rest);
  if (["run", "run-script"].includes(command.text)) {
    const script = rest.find(({ text }) => !text.startsWith("-"));
    return script === undefined || script.text.includes(".") ? undefined : scripts(words, [script]);
  }
  const isOwn =
    /^-|\./.test(command.text) ||
    managerCommands.test(command.text) ||
    (name === "bun" && bunCommands.test(command.text));
  // Without `run` it is a script, or a program where there is no such script.
  return isOwn ? undefined : [...scripts(words, [command]), ...invocations([command, ...rest])];
}

function scripts(words: readonly Word[], names: readonly Word[]): Invocation[] {
  return names
    .filter(({ text }) => !text.startsWith("-"))
    .map((word) => ({ ...one("run", [], words, word), args: [word.text] }));
}

function one(tool: string, args: readonly Word[], words: readonly Word[], toolAt: Word): Invocation {
  const { start } = words[0] as Word;
  const { end } = words.at(-1) as Word;
  return { tool, args: args.map(({ text }) => text), toolAt, at: { start, end } };
}
