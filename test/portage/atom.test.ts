import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { formatAtom, parseAtom } from "../../portage/atom.ts";
import { atoms, brokenAtoms } from "./generators.ts";

const PLAIN = {
  blocker: "",
  operator: "",
  category: "dev-libs",
  name: "foo",
  version: null,
  wildcard: false,
  slot: null,
  subslot: null,
  slotOperator: "",
  repository: null,
  use: [],
};

describe("forms", () => {
  test.each([
    ["dev-libs/foo", {}],
    [">=dev-libs/foo-1.2-r1", { operator: ">=", version: "1.2-r1" }],
    ["<dev-libs/foo-2", { operator: "<", version: "2" }],
    ["~dev-libs/foo-1", { operator: "~", version: "1" }],
    ["=dev-libs/foo-1*", { operator: "=", version: "1", wildcard: true }],
    ["!dev-libs/foo", { blocker: "!" }],
    ["!!<=dev-libs/foo-1", { blocker: "!!", operator: "<=", version: "1" }],
    ["dev-libs/foo:2", { slot: "2" }],
    ["dev-libs/foo:0/1.1", { slot: "0", subslot: "1.1" }],
    ["dev-libs/foo:0/1=", { slot: "0", subslot: "1", slotOperator: "=" }],
    ["dev-libs/foo:=", { slotOperator: "=" }],
    ["dev-libs/foo:*", { slotOperator: "*" }],
    ["dev-libs/foo::gentoo", { repository: "gentoo" }],
    ["dev-libs/foo:3::gentoo", { slot: "3", repository: "gentoo" }],
  ])("%s", (text, parts) => {
    expect(parseAtom(text)).toEqual({ ...PLAIN, ...parts });
  });

  test.each([
    ["x", "enabled", null],
    ["-x", "disabled", null],
    ["x=", "equal", null],
    ["!x=", "opposite", null],
    ["x?", "ifEnabled", null],
    ["!x?", "ifDisabled", null],
    ["x(+)", "enabled", "+"],
    ["-x(-)", "disabled", "-"],
    ["!x(-)?", "ifDisabled", "-"],
  ])("USE dependency %s", (text, kind, fallback) => {
    const expected = { flag: "x", kind, fallback };
    expect(parseAtom(`dev-libs/foo[${text}]`).use).toEqual([expected]);
    expect(parseAtom(`=dev-libs/foo-1:0::r[y,${text}]`).use[1]).toEqual(expected);
  });
});

describe("refused, with what is wrong and where", () => {
  test.each([
    ["", "it is empty"],
    ["foo", 'there is no "/"'],
    ["dev-libs/foo bar", "a space at character 13 is not allowed"],
    ["dev-libs/foo\u0007", "a control character (U+0007) at character 13 is not allowed"],
    ["dev-libs/foo\n", "a control character (U+000A) at character 13 is not allowed"],
    ["dev-libs/fo\u00f6", '"\u00f6" (U+00F6) at character 12 is not allowed'],
    ["dev-libs/foo;rm", '";" at character 13 is not allowed'],
    ["dev-libs/$(x)", '"$" at character 10 is not allowed'],
    ["../etc/passwd", '"." and ".." are not allowed'],
    ["dev-libs/../foo", '"." and ".." are not allowed'],
    ["dev-libs/..", '"." and ".." are not allowed'],
    ["/dev-libs/foo", 'there is more than one "/"'],
    ["--pretend", 'it begins with "-", like an option'],
    ["=-a/b-1", 'the category "-a" may not begin with "-"'],
    ["dev-libs/-foo", 'the package name "-foo" may not begin with "-"'],
    ["dev-libs/", "the package name is missing"],
    ["/foo", "the category is missing"],
    ["dev-libs/foo-1.0", 'a version needs an operator: did you mean "=dev-libs/foo-1.0"?'],
    ["=dev-libs/foo", '"foo" does not end in a dash and a version (the operator "="'],
    [">=dev-libs/foo-1*", '"*" after the version goes with the operator "=" only, not ">="'],
    ["dev-libs/foo*", 'the package name "foo*" may not contain "*"'],
    ["=dev-libs/foo-1.*", '"foo-1." does not end in a dash and a version'],
    ["dev-libs/foo:", "the slot is missing"],
    ["dev-libs/foo:-1", 'the slot "-1" may not begin with "-"'],
    ["dev-libs/foo:0/", "the sub-slot is missing"],
    ["dev-libs/foo:0/1/2", 'the slot ":0/1/2" has more than one "/"'],
    ["dev-libs/foo::", "the repository name is missing"],
    ["dev-libs/foo::a.b", 'the repository name "a.b" may not contain "."'],
    ["dev-libs/foo[", 'must end the atom with "]"'],
    ["dev-libs/foo[x]::gentoo", 'must end the atom with "]"'],
    ["dev-libs/foo[]", "a USE flag is missing"],
    ["dev-libs/foo[x,]", "a USE flag is missing"],
    ["dev-libs/foo[!x]", '"!x" is none of the forms'],
    ["dev-libs/foo[-x?]", '"-x?" is none of the forms'],
    ["dev-libs/foo[_x]", 'the USE flag "_x" may not begin with "_"'],
    ["dev-libs/foo[x(+),-x]", 'the USE flag "x" is there with different defaults'],
    ["!!!dev-libs/foo", 'the category "!dev-libs" may not contain "!"'],
  ])("%j: %s", (text, reason) => {
    expect(() => parseAtom(text)).toThrow(`${JSON.stringify(text)} is not a valid atom: `);
    expect(() => parseAtom(text)).toThrow(reason);
  });

  test("a long text is not repeated whole", () => {
    expect(() => parseAtom("x".repeat(100_000))).toThrow(/^.{1,300}$/);
  });
});

describe("properties", () => {
  test("a valid atom is read and written as it was", () => {
    fc.assert(
      fc.property(atoms, (text) => {
        const atom = parseAtom(text);
        expect(formatAtom(atom)).toBe(text);
        expect(parseAtom(formatAtom(atom))).toEqual(atom);
      }),
      { numRuns: 2000 },
    );
  });

  test("anything else is a UserError or written as it was, never another error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), brokenAtoms), (text) => {
        try {
          expect(formatAtom(parseAtom(text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
