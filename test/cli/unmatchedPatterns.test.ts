import { expect, test } from "vitest";
import { unmatchedPatterns } from "../../cli/unmatchedPatterns.ts";

test("patterns that mean nothing are told once, with the name that was probably meant", () => {
  const limits = {
    exclusive: [["dev-lang/rust", "dev-lang/rusty", "www-client/*"]],
    memory: [
      { packages: "dev-lang/rusty", gib: 8 },
      { packages: "no-such/thing-at-all", gib: 1 },
    ],
    speculate: false,
  };
  expect(unmatchedPatterns(limits, ["dev-lang/rust-1.71.1", "www-client/chromium-103.0"])).toEqual([
    "[scheduler]: the pattern dev-lang/rusty means no package of this plan: did you mean dev-lang/rust?",
    "[scheduler]: the pattern no-such/thing-at-all means no package of this plan",
  ]);
  expect(unmatchedPatterns({ exclusive: [], memory: [], speculate: false }, [])).toEqual([]);
});
