import { expect, test } from "vitest";
import { createModulePlaces } from "./package-names.ts";

test("a file belongs to the nearest package.json that has a name; each is read once", () => {
  const files: Record<string, string> = {
    "/shop/package.json": '{ "name": "shop" }',
    "/shop/src/esm/package.json": '{ "type": "module" }',
    "/shop/packages/broken/package.json": "{",
    "/shop/packages/mail/package.json": '{ "name": "@shop/mail" }',
  };
  const read: string[] = [];
  const placeOf = createModulePlaces({
    fileExists: (path) => path in files,
    readFile: (path) => {
      read.push(path);
      return files[path];
    },
  });
  expect(placeOf("/shop/src/esm/a.ts")).toMatchObject({ packageName: "shop" });
  expect(placeOf("/shop/src/b.ts")).toEqual({ packageName: "shop", modulePath: "src/b.ts" });
  expect(placeOf("/shop/packages/broken/a.ts")).toMatchObject({ packageName: "shop" });
  expect(placeOf("/shop/packages/mail/deep/er/a.ts")).toEqual({
    packageName: "@shop/mail",
    modulePath: "deep/er/a.ts",
  });
  expect(placeOf("/elsewhere/a.ts")).toEqual({ modulePath: "a.ts" });
  expect(placeOf("C:/elsewhere/a.ts")).toEqual({ modulePath: "a.ts" });
  expect(new Set(read).size).toBe(read.length);
});
