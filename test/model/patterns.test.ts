import { expect, test } from "vitest";
import { matchesPattern } from "../../model/patterns.ts";

test("a pattern means packages of every version, by whole names", () => {
  expect(matchesPattern("dev-lang/rust", "dev-lang/rust-1.71.1")).toBe(true);
  expect(matchesPattern("dev-lang/rust", "dev-lang/rust-bin-1.71.1")).toBe(false);
  expect(matchesPattern("dev-lang/*", "dev-lang/rust-bin-1.71.1_rc2-r3")).toBe(true);
  expect(matchesPattern("*/gtk+", "x11-libs/gtk+-3.24.1")).toBe(true);
  expect(matchesPattern("*/gtk+", "x11-libs/gtkk-3.24.1")).toBe(false);
  expect(matchesPattern("*/*", "a/b-1")).toBe(true);
  expect(matchesPattern("dev-libs/foo-2", "dev-libs/foo-2-1.0")).toBe(true);
});

test("stars stand for anything, also for nothing, and share no letter", () => {
  expect(matchesPattern("dev-*/rust*", "dev-lang/rust-1.71.1")).toBe(true);
  expect(matchesPattern("*/*ab*ba", "x/abba-1")).toBe(true);
  expect(matchesPattern("*/*ab*ba", "x/aba-1")).toBe(false);
  expect(matchesPattern("x/ab*ba", "x/aba-1")).toBe(false);
  expect(matchesPattern("*", "x/y-1")).toBe(true);
});

test("no number of stars keeps anybody busy", () => {
  const begun = performance.now();
  expect(matchesPattern(`${"*a".repeat(140)}@`, `${"a".repeat(150)}/${"a".repeat(149)}-1`)).toBe(false);
  // A regular expression would take longer than anybody lives.
  expect(performance.now() - begun).toBeLessThan(1_000);
});
