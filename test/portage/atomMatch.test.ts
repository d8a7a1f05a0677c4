import { expect, test } from "vitest";
import { parseAtom } from "../../portage/atom.ts";
import { matchesVersion } from "../../portage/atomMatch.ts";

const VERSIONS = ["1.1", "1.2", "1.2-r1", "1.2.3", "1.20", "2_rc1", "2"];

test.each([
  ["a/b", VERSIONS],
  ["=a/b-1.2", ["1.2"]],
  ["~a/b-1.2", ["1.2", "1.2-r1"]],
  ["=a/b-1.2*", ["1.2", "1.2-r1", "1.2.3"]],
  [">a/b-1.2", ["1.2-r1", "1.2.3", "1.20", "2_rc1", "2"]],
  [">=a/b-2", ["2"]],
  ["<a/b-1.2", ["1.1"]],
  ["<=a/b-1.2-r1", ["1.1", "1.2", "1.2-r1"]],
])("%s means %s", (atom, meant) => {
  expect(VERSIONS.filter((version) => matchesVersion(parseAtom(atom), `a/b-${version}`))).toEqual(meant);
  expect(matchesVersion(parseAtom(atom), "a/bb-1.2")).toBe(false);
  expect(matchesVersion(parseAtom(atom), "c/b-1.2")).toBe(false);
});
