import { expect, test } from "vitest";
import { createPackageNames } from "./package-names.ts";

test("a file belongs to the nearest package.json that has a name; each is read once", () => {
  const files: Record<string, string> = {
    "/shop/package.json": '{ "name": "shop" }',
    "/shop/src/esm/package.json": '{ "type": "module" }',
    "/shop/packages/broken/package.json": "{",
    "/shop/packages/mail/package.json": '{ "name": "@shop/mail" }',
  };
  const read: string[] = [];
  const packageNameOf = createPackageNames({
    fileExists: (path) => path in files,
    readFile: (path) => {
      read.push(path);
      return files[path];
    },
  });
  expect(packageNameOf("/shop/src/esm/a.ts")).toBe("shop");
  expect(packageNameOf("/shop/src/b.ts")).toBe("shop");
  expect(packageNameOf("/shop/packages/broken/a.ts")).toBe("shop");
  expect(packageNameOf("/shop/packages/mail/deep/er/a.ts")).toBe("@shop/mail");
  expect(packageNameOf("/elsewhere/a.ts")).toBeUndefined();
  expect(packageNameOf("C:/elsewhere/a.ts")).toBeUndefined();
  expect(new Set(read).size).toBe(read.length);
});
