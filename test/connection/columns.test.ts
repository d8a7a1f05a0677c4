import fc from "fast-check";
import { expect, test } from "vitest";
import { fromColumns, type Json, toColumns } from "../../connection/columns.ts";

/** As it is after its way through JSON. */
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

test("any JSON comes back as it was", () => {
  const like = fc.array(
    fc.record({ a: fc.integer(), b: fc.jsonValue(), c: fc.array(fc.nat()) }, { requiredKeys: ["a"] }),
  );
  const tuples = fc.array(fc.tuple(fc.integer(), fc.jsonValue()), { minLength: 8 });
  const numbers = fc.array(fc.maxSafeInteger(), { minLength: 8 });
  const value = fc.oneof(fc.jsonValue(), like, tuples, numbers, fc.array(fc.array(fc.jsonValue()), { minLength: 8 }));
  fc.assert(
    fc.property(value, (it) => {
      expect(fromColumns(plain(toColumns(plain(it))))).toEqual(plain(it));
    }),
    { numRuns: 500 },
  );
});

test.each<[string, Json]>([
  ["a list that begins like a tag", ["i", 1, 2, 3]],
  ["a key that would be a prototype", Array.from({ length: 9 }, () => JSON.parse('{"__proto__": 1}'))],
  ["objects without keys", Array.from({ length: 9 }, () => ({}))],
  [
    "whole numbers too far apart for exact differences",
    Array.from({ length: 9 }, (_, i) => (i % 2 ? -1 : 1) * (2 ** 53 - 1)),
  ],
])("%s comes back as it was", (_, value) => {
  expect(JSON.stringify(fromColumns(plain(toColumns(value))))).toBe(JSON.stringify(value));
});

test("what was never made by it is refused", () => {
  expect(() => fromColumns(["?", 1])).toThrow(TypeError);
});
