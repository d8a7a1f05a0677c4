import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlanGraph } from "../../model/plan.ts";
import { Warmth } from "../../scheduler/warmth.ts";

const MB = 1e6;
/** Build-time and run-time needs of each package. */
const graph = (...needs: [build: number[], run: number[]][]): PlanGraph => ({
  packages: needs.map(([build, run], i) => ({ cpv: `a/p${i}-1`, estimate: 1, build, run })),
});

describe("fetching what a build needs", () => {
  /** 3 is built with 1, which needs 0 at run time; 2 is needed only to run. */
  const chain = graph([[], []], [[], [0]], [[], []], [[1], [2]]);

  test("takes the size of all that it installs and the drone has not, by its link", () => {
    const warmth = new Warmth(chain);
    warmth.built(0, "izar", 10 * MB);
    warmth.built(1, "tarn", 30 * MB);
    warmth.built(2, "tarn", 500 * MB);
    expect(warmth.secondsToFetch(3, "izar", 10 * MB)).toBe(3);
    expect(warmth.secondsToFetch(3, "tarn", 2 * MB)).toBe(5);
    expect(warmth.secondsToFetch(3, "vega", 10 * MB)).toBe(4);
  });

  test("what one build has brought is there for the next", () => {
    const warmth = new Warmth(graph([[], []], [[0], []], [[0], []]));
    warmth.built(0, "izar", 50 * MB);
    warmth.started(1, "tarn");
    expect(warmth.secondsToFetch(2, "tarn", 10 * MB)).toBe(0);
    expect(warmth.secondsToFetch(2, "vega", 10 * MB)).toBe(5);
  });

  test("what was not there yet when a build began was not brought by it", () => {
    // 0 and 1 need each other: the first does without the second.
    const warmth = new Warmth(graph([[1], []], [[], [0]], [[1], []]));
    warmth.started(0, "tarn");
    warmth.built(0, "tarn", 10 * MB);
    warmth.built(1, "izar", 20 * MB);
    expect(warmth.secondsToFetch(2, "tarn", 10 * MB)).toBe(2);
  });

  test("takes no time over a link that is not measured, nor where it is less than a second", () => {
    const warmth = new Warmth(chain);
    warmth.built(0, "izar", 9 * MB);
    warmth.built(2, "izar", 90 * MB);
    expect(warmth.secondsToFetch(3, "tarn", null)).toBe(0);
    expect(warmth.secondsToFetch(3, "tarn", 10 * MB)).toBe(0);
    expect(warmth.secondsToFetch(3, "tarn", 8 * MB)).toBe(9 / 8);
  });
});

test("of any history: never more than all it needs, never more after a build there, and nothing then for the same needs", () => {
  const scenario = fc.integer({ min: 2, max: 14 }).chain((size) =>
    fc.record({
      needs: fc.tuple(
        ...Array.from({ length: size }, (_, i) => {
          const earlier = fc.uniqueArray(fc.nat({ max: Math.max(0, i - 1) }), { maxLength: Math.min(i, 3) });
          return fc.tuple(earlier, earlier) as fc.Arbitrary<[number[], number[]]>;
        }),
      ),
      where: fc.array(fc.constantFrom("a", "b", "c"), { minLength: size, maxLength: size }),
      bytes: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: size, maxLength: size }),
    }),
  );
  fc.assert(
    fc.property(scenario, ({ needs, where, bytes }) => {
      const warmth = new Warmth(graph(...needs));
      const rate = 1;
      for (const [index, drone] of where.entries()) {
        // What it installs, straight from the definition.
        const installs = new Set(needs[index]?.[0]);
        for (const need of installs) for (const other of needs[need]?.[1] ?? []) installs.add(other);
        const all = [...installs].reduce((sum, need) => sum + (bytes[need] ?? 0), 0);
        const local = [...installs].filter((need) => where[need] === drone);
        const built = local.reduce((sum, need) => sum + (bytes[need] ?? 0), 0);
        expect(warmth.secondsToFetch(index, drone, rate)).toBeLessThanOrEqual(all - built);
        expect(warmth.secondsToFetch(index, "never used", rate)).toBe(all);
        const elsewhere = ["a", "b", "c"].map((name) => warmth.secondsToFetch(index, name, rate));
        warmth.started(index, drone);
        expect(warmth.secondsToFetch(index, drone, rate)).toBe(0);
        for (const [i, name] of ["a", "b", "c"].entries()) {
          if (name !== drone) expect(warmth.secondsToFetch(index, name, rate)).toBe(elsewhere[i]);
        }
        warmth.built(index, drone, bytes[index] ?? 0);
      }
    }),
  );
});
