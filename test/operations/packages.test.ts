import { expect, test } from "vitest";
import { matchingPackages, packagesNamed } from "../../operations/packages.ts";

const PACKAGES = ["dev-libs/openssl-3.0.2", "dev-libs/openssl-1.1.1k", "kde-apps/kate-24", "kde-frameworks/kio-6"].map(
  (cpv) => ({ cpv }),
);

test.each([
  ["openssl", [0, 1]],
  ["dev-libs/openssl", [0, 1]],
  ["dev-libs/openssl-3.0.2", [0]],
  [">=dev-libs/openssl-3", [0]],
  ["=dev-libs/openssl-1.1*", [1]],
  ["kde-*/*", [2, 3]],
  ["ssl", []],
  ["kde-*/kate-24", []],
])("%s means %j", (name, meant) => {
  expect(matchingPackages(PACKAGES, name)).toEqual(meant.map((index) => PACKAGES[index]));
});

test("what is no atom is said, and what cannot be known here", () => {
  expect(() => matchingPackages(PACKAGES, ">=dev-libs/openssl")).toThrow(/needs category\/name-version/);
  expect(() => matchingPackages(PACKAGES, ">=dev-libs/openssl-3:0")).toThrow(/leave out slot, repository and USE/);
});

test("of several names each that means none is told, and all that the others mean", () => {
  expect(packagesNamed(PACKAGES, ["openssl", "kate", "dev-libs/openssl-3.0.2"], "the run")).toEqual(
    PACKAGES.slice(0, 3),
  );
  expect(() => packagesNamed(PACKAGES, ["opensl", "kate", "wget"], "r1")).toThrow(
    "opensl is not among the packages that r1 builds. Did you mean openssl?\nwget is not among the packages that r1 builds",
  );
});
