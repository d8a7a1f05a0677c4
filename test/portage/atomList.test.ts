import { expect, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { parseAtomList } from "../../portage/atomList.ts";

test("atoms and sets in order, each once; comments, blank lines, byte order mark and line ends of all sorts", () => {
  const text =
    "\uFEFF# my world\r\n\r\n  app-editors/vim[-x]\t# an editor\n@system\n#\ndev-lang/c++#\n>=a/b-1:2::r\n@system";
  expect(() => parseAtomList(text, "list")).toThrow('list:6: "dev-lang/c++#" is not a valid atom: "#" at character 13');
  expect(parseAtomList(text.replace("c++#", "c++ #"), "list")).toEqual([
    "app-editors/vim[-x]",
    "@system",
    "dev-lang/c++",
    ">=a/b-1:2::r",
  ]);
});

test("every bad line is reported with its number, the good ones do not hide them", () => {
  const text = ["dev-libs/good", "foo", "", "a/b c", "@-x", "@", "@a/b", "!a/b", "a/b[x?]", "../x", "--help"].join(
    "\n",
  );
  let problems: readonly string[] = [];
  try {
    parseAtomList(text, "world.txt");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.exitCode).toBe(2);
    problems = error.problems;
  }
  expect(problems).toEqual([
    'world.txt:2: "foo" is not a valid atom: there is no "/" between category and package name',
    'world.txt:4: "a/b c" is not a valid atom: a space at character 4 is not allowed',
    'world.txt:5: "@-x" is not a valid set: its name must begin with a letter, digit or underscore',
    'world.txt:6: "@" is not a valid set: its name must begin with a letter, digit or underscore',
    'world.txt:7: "@a/b" is not a valid set: "/" is not allowed',
    'world.txt:8: "!a/b" is a blocker: a list names what to build',
    'world.txt:9: "a/b[x?]" has a USE dependency of an ebuild: only [flag] and [-flag] are possible here',
    'world.txt:10: "../x" is not a valid atom: "." and ".." are not allowed as category or package name',
    'world.txt:11: "--help" is not a valid atom: it begins with "-", like an option',
  ]);
});

test.each(["", "\n\n", "# only a comment\n"])("a list without a member is refused: %j", (text) => {
  expect(() => parseAtomList(text, "empty.txt")).toThrow("empty.txt: there is no atom in it");
});
