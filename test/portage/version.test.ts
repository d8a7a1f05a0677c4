import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, parseVersion, tryParseVersion } from "../../portage/version.ts";
import { versions } from "./generators.ts";

/** Each line in ascending order. */
const ASCENDING = [
  "0 1 2 10 010a 11 99999999999999999998 99999999999999999999",
  "1 1.0 1.0.0 1.0.0b 1.1",
  "1.01 1.010a 1.011 1.02 1.1 1.2 1.10",
  "1 1a 1b 1z 1.0",
  "1_alpha 1_alpha1 1_alpha2 1_beta 1_pre 1_rc 1_rc09 1_rc10 1 1_p 1_p1",
  "1_alpha_beta 1_alpha 1_alpha_p 1_p_alpha 1_p_pre 1_p 1_p_p 1_p1",
  "1_rc1 1_rc1-r1 1_rc2 1 1-r1 1-r2 1-r10 1-r18446744073709551616 1-r18446744073709551617 1.0",
];

describe("the specification's order", () => {
  test.each(ASCENDING)("%s", (line) => {
    const sorted = line.split(" ");
    for (const [i, a] of sorted.entries()) {
      for (const [j, b] of sorted.entries()) {
        expect([a, b, compareVersions(a, b)]).toEqual([a, b, Math.sign(i - j)]);
      }
    }
  });

  test.each([
    ["1", "1-r0"],
    ["1", "01"],
    ["1-r1", "1-r01"],
    ["1_p", "1_p0"],
    ["1_rc00", "1_rc"],
    ["1.0", "1.00"],
    ["1.01", "1.010"],
    ["00012", "12"],
  ])("%s and %s are equal", (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
    expect(compareVersions(b, a)).toBe(0);
  });
});

describe("properties", () => {
  test("a version equals itself, and itself with -r0 where it has no revision", () => {
    fc.assert(
      fc.property(versions, (version) => {
        expect(compareVersions(version, version)).toBe(0);
        if (parseVersion(version).revision === "") expect(compareVersions(version, `${version}-r0`)).toBe(0);
      }),
    );
  });

  test("antisymmetric", () => {
    fc.assert(
      fc.property(versions, versions, (a, b) => {
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  test("transitive, equality included", () => {
    fc.assert(
      fc.property(versions, versions, versions, (...three) => {
        const [a, b, c] = three.sort(compareVersions) as [string, string, string];
        const [ab, bc, ac] = [compareVersions(a, b), compareVersions(b, c), compareVersions(a, c)];
        expect([ab, bc].every((order) => order <= 0)).toBe(true);
        expect(ac).toBe(Math.min(ab, bc));
      }),
      { numRuns: 3000 },
    );
  });

  test("the parts put together are the version", () => {
    fc.assert(
      fc.property(versions, (text) => {
        const { numbers, letter, suffixes, revision } = parseVersion(text);
        const written = suffixes.map(({ name, number }) => `_${name}${number}`).join("");
        expect(`${numbers.join(".")}${letter}${written}${revision && `-r${revision}`}`).toBe(text);
      }),
    );
  });
});

test.each([
  "",
  "a",
  "1.",
  ".1",
  "1..2",
  "1aa",
  "1A",
  "1-r",
  "1-1",
  "1_foo",
  "1_p-",
  "1-r1-r2",
  "v1",
  " 1",
  "1\n",
  "1٢",
])("%j is no version", (text) => {
  expect(tryParseVersion(text)).toBeNull();
  expect(() => compareVersions("1", text)).toThrow(`${JSON.stringify(text)} is not a version`);
});
