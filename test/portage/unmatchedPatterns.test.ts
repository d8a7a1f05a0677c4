import { expect, test } from "vitest";
import { unmatchedPatterns } from "../../portage/unmatchedPatterns.ts";

test("patterns that mean nothing are told with where they stand and the names that were probably meant", () => {
  const patterns = [
    { where: "[scheduler]", pattern: "dev-lang/rust" },
    { where: "[scheduler]", pattern: "www-client/*" },
    { where: "[scheduler]", pattern: "dev-lang/rusty" },
    { where: "drone izar", pattern: "no-such/thing-at-all" },
  ];
  const cpvs = ["dev-lang/rust-1.71.1", "dev-lang/ruby-3.3", "www-client/chromium-103.0"];
  expect(unmatchedPatterns(patterns, cpvs)).toEqual([
    "[scheduler]: the pattern dev-lang/rusty means no package of this plan: did you mean dev-lang/rust or dev-lang/ruby?",
    "drone izar: the pattern no-such/thing-at-all means no package of this plan",
  ]);
  expect(unmatchedPatterns([], [])).toEqual([]);
});
