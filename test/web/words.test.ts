import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { readable } from "../../web/src/lib/readable.ts";

// Node has none; nothing is kept here.
vi.stubGlobal("sessionStorage", { getItem: () => null });
const { RequestError, sentence, wordsOf } = await import("../../web/src/wire/request.ts");

test("a remark begins with a capital letter, a name stays as it is", () => {
  expect(sentence("the engine does not answer")).toBe("The engine does not answer.");
  expect(sentence("no/such-1 is not among the packages")).toBe("no/such-1 is not among the packages.");
  expect(sentence("desktop-20261121-0101 has ended!")).toBe("desktop-20261121-0101 has ended!");
  expect(sentence("")).toBe(".");
});

test("people are told what to do, but not what to ask the API", () => {
  const hint = "They come when builds begin. GET /api/v1/runs lists runs.";
  expect(wordsOf(new RequestError(404, "no logs", hint))).toBe("No logs. They come when builds begin.");
  expect(wordsOf(new RequestError(404, "no run", "GET /api/v1/runs/desktop lists them."))).toBe("no run");
});

test("a colour of a log is legible on the light and on the dark background", () => {
  const luminance = (rgb: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = rgb.map((part) =>
      part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  // --log-bg of colours.css.
  const [light, dark] = [luminance([0xfb, 0xfb, 0xfc]), luminance([0x0f, 0x12, 0x16])];
  const part = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(fc.tuple(part, part, part), (rgb) => {
      const numbers = (readable(rgb).match(/\d+/g) ?? []).map(Number);
      expect(contrast(luminance(numbers.slice(0, 3)), light)).toBeGreaterThan(4.5);
      expect(contrast(luminance(numbers.slice(3)), dark)).toBeGreaterThan(4.5);
    }),
  );
  expect(readable([160, 60, 60])).toContain("rgb(160 60 60), rgb(");
});
