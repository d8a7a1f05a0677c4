import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Appetite, appetiteToTell, divide, powerOfTwo } from "../../../workflows/states/shares.ts";

const appetites = fc.uniqueArray(
  fc.record({ workflowId: fc.string({ minLength: 1, maxLength: 3 }), builds: fc.nat({ max: 80 }) }),
  { selector: ({ workflowId }) => workflowId, maxLength: 6 },
);
const drones = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1, maxLength: 3 }), slots: fc.integer({ min: 1, max: 30 }) }),
  { selector: ({ name }) => name, maxLength: 6 },
);
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

type Shares = ReturnType<typeof divide>;
const slotsOf = (shares: Shares, workflowId: string): number =>
  sum([...(shares.get(workflowId)?.values() ?? [])].map(({ slots }) => slots));
const plain = (shares: Shares) => Object.fromEntries([...shares].map(([run, own]) => [run, Object.fromEntries(own)]));
const divided = (builds: Record<string, number>, slots: Record<string, number>) => {
  const shares = divide(
    Object.entries(builds).map(([workflowId, wanted]): Appetite => ({ workflowId, builds: wanted })),
    Object.entries(slots).map(([name, many]) => ({ name, slots: many })),
  );
  return Object.fromEntries(
    [...shares].map(([run, own]) => [run, Object.fromEntries([...own].map(([name, share]) => [name, share.slots]))]),
  );
};

describe("the division of drones among runs", () => {
  test("all slots of each drone are given once while anybody is hungry, and its parts are those of its slots", () => {
    fc.assert(
      fc.property(appetites, drones, (runs, all) => {
        const shares = divide(runs, all);
        const hungry = runs.some(({ builds }) => builds > 0);
        for (const { name, slots } of all) {
          const own = runs.map(({ workflowId }) => shares.get(workflowId)?.get(name) ?? { slots: Number.NaN, part: 0 });
          expect(sum(own.map((share) => share.slots))).toBe(hungry ? slots : 0);
          for (const share of own) expect(share.part).toBe(share.slots / slots);
        }
      }),
    );
  });

  test("max-min fair: nobody has more than one that got less than it wanted, but for the rest of whole numbers", () => {
    fc.assert(
      fc.property(appetites, drones, (runs, all) => {
        const shares = divide(runs, all);
        for (const poor of runs) {
          const got = slotsOf(shares, poor.workflowId);
          if (got >= poor.builds) continue;
          for (const { workflowId } of runs) expect(slotsOf(shares, workflowId)).toBeLessThanOrEqual(got + 1);
        }
      }),
    );
  });

  test("each hungry run has a slot somewhere while there are as many; others have none", () => {
    fc.assert(
      fc.property(appetites, drones, (runs, all) => {
        const shares = divide(runs, all);
        const enough = sum(all.map(({ slots }) => slots)) >= runs.filter(({ builds }) => builds > 0).length;
        for (const { workflowId, builds } of runs) {
          if (builds === 0) expect(slotsOf(shares, workflowId)).toBe(0);
          else if (enough) expect(slotsOf(shares, workflowId)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("each drone is split in proportion, but for whole slots", () => {
    fc.assert(
      fc.property(appetites, drones, (runs, all) => {
        const shares = divide(runs, all);
        const total = sum(all.map(({ slots }) => slots));
        for (const { workflowId } of runs) {
          const part = slotsOf(shares, workflowId) / total;
          for (const { name, slots } of all) {
            const off = (shares.get(workflowId)?.get(name)?.slots ?? Number.NaN) - part * slots;
            expect(Math.abs(off)).toBeLessThan(runs.length);
          }
        }
      }),
    );
  });

  test("the order in which runs and drones came does not matter", () => {
    fc.assert(
      fc.property(appetites, drones, (runs, all) => {
        expect(plain(divide(runs.toReversed(), all.toReversed()))).toEqual(plain(divide(runs, all)));
      }),
    );
  });

  test("two that want everything have half of each drone", () => {
    expect(divided({ a: 64, b: 64 }, { ceti: 16, izar: 14, tarn: 2 })).toEqual({
      a: { ceti: 8, izar: 7, tarn: 1 },
      b: { ceti: 8, izar: 7, tarn: 1 },
    });
  });

  test("one that wants little gets it, what nobody asked for is shared evenly", () => {
    expect(divided({ a: 2, b: 64 }, { izar: 8 })).toEqual({ a: { izar: 2 }, b: { izar: 6 } });
    expect(divided({ a: 1, b: 1 }, { izar: 8 })).toEqual({ a: { izar: 4 }, b: { izar: 4 } });
    expect(divided({ a: 0, b: 1 }, { izar: 8 })).toEqual({ a: { izar: 0 }, b: { izar: 8 } });
  });
});

describe("what a run tells of its appetite", () => {
  test("it says when it wants more, or much less, or nothing", () => {
    expect([0, 1, 3, 4, 7, 8, 9, 100].map((wanted) => appetiteToTell(wanted, 8))).toEqual([
      ...[0, 1, 4],
      ...[null, null, null],
      ...[16, 128],
    ]);
    expect(appetiteToTell(0, 1)).toBe(0);
  });

  test("what is told is never less than what is wanted, and told once", () => {
    fc.assert(
      fc.property(fc.nat({ max: 4096 }), fc.nat({ max: 4096 }), (wanted, before) => {
        const said = powerOfTwo(before);
        const told = appetiteToTell(wanted, said) ?? said;
        expect(told).toBeGreaterThanOrEqual(wanted);
        expect(appetiteToTell(wanted, told)).toBeNull();
      }),
    );
  });
});
