import { describe, expect, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { parseCpv } from "../../portage/cpv.ts";

test("a package version with everything", () => {
  expect(parseCpv("dev-libs/foo-bar-1.2_rc1-r3")).toEqual({
    category: "dev-libs",
    name: "foo-bar",
    version: "1.2_rc1",
    revision: "r3",
    fullVersion: "1.2_rc1-r3",
    cp: "dev-libs/foo-bar",
    pf: "foo-bar-1.2_rc1-r3",
    cpv: "dev-libs/foo-bar-1.2_rc1-r3",
  });
});

describe("where the name ends", () => {
  test.each([
    ["a/b-1", "b", "1", "r0"],
    ["a/b-r1-1", "b-r1", "1", "r0"],
    ["a/b-1-c-2", "b-1-c", "2", "r0"],
    ["a/b--1", "b-", "1", "r0"],
    ["a/g-1xx-3-r0", "g-1xx", "3", "r0"],
    ["media-libs/libpng-1.6.37a_p2", "libpng", "1.6.37a_p2", "r0"],
  ])("%s", (text, name, version, revision) => {
    expect(parseCpv(text)).toMatchObject({ name, version, revision });
  });
});

describe("refused, with the reason", () => {
  test.each([
    ["foo-1", 'there is no "/" between category and package name'],
    ["a/b", '"b" does not end in a dash and a version'],
    ["a/b-1-2", 'the package name "b-1" may not end in a dash and a version'],
    ["/b-1", "the category is missing"],
    ["a/-1", "the package name is missing"],
    ["a/b-1.", '"b-1." does not end in a dash and a version'],
    ["../b-1", 'the category ".." may not begin with "."'],
    ["a/../b-1", 'the package name "../b" may not contain "."'],
    ["-a/b-1", 'the category "-a" may not begin with "-"'],
    ["a/b c-1", 'the package name "b c" may not contain a space'],
    ["a/b\u0000-1", "may not contain a control character (U+0000)"],
    ["a/b-1\n", '"b-1\\n" does not end in a dash and a version'],
    ["", 'there is no "/"'],
  ])("%j: %s", (text, reason) => {
    expect(() => parseCpv(text)).toThrow(UserError);
    expect(() => parseCpv(text)).toThrow(reason);
  });
});

test("a very long text is decided at once", () => {
  const started = performance.now();
  expect(() => parseCpv(`a/${"b-1".repeat(20_000)}!`)).toThrow(UserError);
  expect(performance.now() - started).toBeLessThan(2000);
});
