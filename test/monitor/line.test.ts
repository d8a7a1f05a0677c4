import { expect, test } from "vitest";
import { widthOf, wrap } from "../../monitor/line.ts";

test("a text is broken into lines of any width, in a terminal that is narrower than anything, too", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("abcdefgh ij", 3)).toEqual(["abc", "def", "gh", "ij"]);
  for (const columns of [-5, 0, 1, 2]) {
    const lines = wrap("ab \u65e5\u672c cd", columns);
    expect(lines.join("").replaceAll(" ", "")).toBe("ab\u65e5\u672ccd");
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(2);
  }
});
