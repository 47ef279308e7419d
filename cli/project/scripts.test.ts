import { expect, test } from "vitest";
import { invocationsOf, optionOf } from "./scripts.ts";

/** `tool arg arg` for each program. */
const read = (script: string) => invocationsOf(script).map(({ tool, args }) => [tool, ...args].join(" "));

test.each([
  ["npm run a.b -- --c", ["npm run a.b -- --c"]],
  ["tsc -p . && node dist/main.js", ["tsc -p .", "node dist/main.js"]],
  ["rimraf dist; npx --no tsc|cat", ["rimraf dist", "tsc", "cat"]],
  ["NODE_ENV=test cross-env A=1 ./node_modules/.bin/tsx src/main.ts", ["tsx src/main.ts"]],
  ["npm run build && npm run -s test", ["run build", "run test"]],
  ["pnpm exec tsc && pnpm tsc -w", ["tsc", "run tsc", "tsc -w"]],
  ["yarn build && npm test && pnpm install", ["run build", "build", "run test", "test", "pnpm install"]],
  ["run-p watch:* serve", ["run watch:*", "run serve"]],
  ["bun run src/main.ts", ["bun run src/main.ts"]],
  ["bun src/main.ts && bun test && bun build src/main.ts", ["bun src/main.ts", "bun test", "bun build src/main.ts"]],
  [
    "concurrently \"tsc -w\" 'tsx watch src/a.ts'",
    ["concurrently tsc -w tsx watch src/a.ts", "tsc -w", "tsx watch src/a.ts"],
  ],
  ['nodemon --exec "tsx src/main.ts"', ["tsx src/main.ts"]],
  ["nodemon --watch src -x ts-node src/main.ts", ["ts-node src/main.ts"]],
  ["echo 'a && b'", ["echo a && b"]],
  ["", []],
])("%s", (script, expected) => {
  expect(read(script)).toEqual(expected);
});

test("each command is found where it stands", () => {
  const script = 'a && concurrently "npx tsc -w" "b"';
  const tsc = invocationsOf(script).find(({ tool }) => tool === "tsc");
  expect(script.slice(tsc?.toolAt.start, tsc?.toolAt.end)).toBe("tsc");
  expect(script.slice(tsc?.at.start, tsc?.at.end)).toBe("tsc -w");
});

test("options are read in both spellings", () => {
  const [tsc, other] = invocationsOf("tsc --project=a.json && tsc -p b.json") as [never, never];
  expect([optionOf(tsc, "-p", "--project"), optionOf(other, "-p", "--project")]).toEqual(["a.json", "b.json"]);
});
