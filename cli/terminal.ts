/** Where a command writes: data to stdout, everything else to stderr. */
import { createInterface } from "node:readline";
import picocolors from "picocolors";
import { exitCodes, Failure } from "./failure.ts";

type Colours = ReturnType<typeof picocolors.createColors>;

export interface Output {
  readonly write: (text: string) => void;
  /** Resolves when the text is on its way; rejects when nobody reads any more. */
  readonly taken: (text: string) => Promise<void>;
  /** Whether a person reads it, who wants frames around things, and not a program. */
  readonly pretty: boolean;
  readonly colours: Colours;
}

export interface Terminal {
  /** What a pipe may carry on. */
  readonly data: Output;
  /** All that is said beside it. */
  readonly messages: Output;
  /** Asks for a yes; undefined when there is nobody to ask. */
  confirm(question: string): Promise<boolean | undefined>;
}

/** Opens the terminal of this process, with colours as its environment and `--no-color` want them. */
export function openTerminal(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Terminal {
  const { stdin, stdout, stderr } = process;
  // A reader that has seen enough (`| head`) is no failure.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  const force = env["FORCE_COLOR"];
  const forced = force !== undefined && !["", "0", "false"].includes(force);
  const refused = Boolean(env["NO_COLOR"]) || args.includes("--no-color");
  const output = (stream: NodeJS.WriteStream): Output => {
    const wanted = forced || (stream.isTTY === true && env["TERM"] !== "dumb" && force === undefined);
    return {
      write: (text) => void stream.write(text),
      taken: (text) =>
        new Promise((resolve, reject) => {
          stream.write(text, (error) => (error ? reject(error) : resolve()));
        }),
      pretty: stream.isTTY === true || forced,
      colours: picocolors.createColors(wanted && !refused),
    };
  };
  return {
    data: output(stdout),
    messages: output(stderr),
    confirm: async (question) => (stdin.isTTY && stderr.isTTY ? await ask(question) : undefined),
  };
}

function ask(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve, reject) => {
    reader.on("SIGINT", () => {
      reject(new Failure("Interrupted: nothing was written.", exitCodes.interrupted));
      reader.close();
    });
    // The end of the input is a no as well.
    reader.on("close", () => resolve(false));
    reader.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      reader.close();
    });
  });
}
