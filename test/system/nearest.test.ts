import { expect, test } from "vitest";
import { nearest, nearestFew } from "../../system/nearest.ts";

test.each([
  ["naem", "name"],
  ["stat_dir", "state_dir"],
  ["PORT", "port"],
  ["keepsnapshots", "keep_snapshots"],
])("%s: %s was meant", (word, meant) => {
  expect(nearest(word, ["dir", "keep_snapshots", "name", "port", "state_dir", "url"])).toBe(meant);
});

test("nothing is near", () => {
  expect(nearest("colour", ["name", "port"])).toBeNull();
  expect(nearest("x", [])).toBeNull();
});

test("of two near ones the nearer, of equally near ones the first", () => {
  expect(nearest("desktip", ["desktops", "desktop"])).toBe("desktop");
  expect(nearest("bat", ["cat", "rat"])).toBe("cat");
});

test("several, the nearest first", () => {
  expect(nearestFew("dev-lang/rusty", ["dev-lang/ruby", "x/y", "dev-lang/rust", "dev-lang/perl"], 2)).toEqual([
    "dev-lang/rust",
    "dev-lang/ruby",
  ]);
});

test("what nobody mistypes is compared with nothing, however much there is", () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `dev-libs/${"x".repeat(90)}${i}`);
  const begun = performance.now();
  expect(nearestFew("y".repeat(300), names, 3)).toEqual([]);
  expect(nearestFew("dev-libs/z", names, 3)).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(1_000);
});
