import { expect, test } from "vitest";
import { writtenPatterns } from "../../scheduler/limits.ts";

test("every pattern that an operator wrote is named once for each place", () => {
  const limits = { exclusive: [["a/x", "a/y"], ["a/x"]], memory: [{ packages: "a/y", gib: 4 }], speculate: false };
  const drones = [{ name: "izar", exclude: ["b/x"], only: ["b/x", "b/y"] }, { name: "tarn" }];
  expect(writtenPatterns(limits, drones).map(({ where, pattern }) => `${where} ${pattern}`)).toEqual([
    "[scheduler] a/x",
    "[scheduler] a/y",
    "drone izar b/x",
    "drone izar b/y",
  ]);
});
