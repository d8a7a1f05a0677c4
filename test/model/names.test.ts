import { describe, expect, test } from "vitest";
import { isName, isRunId } from "../../model/names.ts";

describe("names become directories, URL parts, task queues", () => {
  test.each(["a", "0", "izar", "desktop-2", "a--b", "x".repeat(63)])("%s is one", (text) => {
    expect(isName(text)).toBe(true);
  });

  test.each(["", "-a", "A", "a_b", "a.b", "..", "a/b", "a b", "a\n", "\u00e9", "x".repeat(64)])(
    "%j is none",
    (text) => {
      expect(isName(text)).toBe(false);
    },
  );
});

test("a run's id is longer than a name may be, and as safe", () => {
  expect(isRunId(`${"x".repeat(63)}-20261121-0101`)).toBe(true);
  expect(isRunId("desktop/20261121")).toBe(false);
  expect(isRunId("desktop-20261121\n")).toBe(false);
});
