import fc from "fast-check";

/** Digits that often have leading or trailing zeros, often coincide and are sometimes too long for a number. */
const digits = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("0", "1", "2", "9", "10", "01", "010", "00", "011", "100") },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{1,24}$/) },
);

const suffix = fc
  .tuple(fc.constantFrom("alpha", "beta", "pre", "rc", "p"), fc.oneof(fc.constant(""), digits))
  .map(([name, number]) => `_${name}${number}`);

const versionParts = fc.tuple(
  fc.array(digits, { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join(".")),
  fc.oneof({ weight: 4, arbitrary: fc.constant("") }, fc.constantFrom("a", "b", "z")),
  fc.array(suffix, { maxLength: 2 }).map((suffixes) => suffixes.join("")),
  fc.oneof(
    { weight: 2, arbitrary: fc.constant("") },
    digits.map((number) => `-r${number}`),
  ),
);

/** Valid versions. */
export const versions = versionParts.map((parts) => parts.join(""));

/** Pairs of versions that are alike up to one part or more: at random nearly all would differ in the first number. */
export const versionPairs = fc
  .tuple(versionParts, versionParts, fc.nat({ max: 4 }))
  .map(([a, b, alike]) => [a.join(""), [...a.slice(0, alike), ...b.slice(alike)].join("")] as const);

/** A flag has the same default, `(+)`, `(-)` or none, wherever an atom names it. */
const flags = fc.constantFrom(
  ..."x -x x= !x= x? !x? y(+) -y(+) y(+)? !y(+)= z(-) -z(-) z(-)= python_targets_3-1+@z".split(" "),
);

/** Valid atoms of all forms. */
export const atoms = fc
  .record({
    blocker: fc.constantFrom("", "", "!", "!!"),
    operator: fc.constantFrom("", "<", "<=", "=", "~", ">=", ">"),
    category: fc.constantFrom("dev-libs", "virtual", "a", "_x", "x.y+z", "0"),
    name: fc.constantFrom("foo", "foo-bar", "c++", "_x", "foo-r1", "foo-", "g-1xx", "0"),
    version: versions,
    wildcard: fc.boolean(),
    slot: fc.constantFrom("", "", ":0", ":0/2", ":=", ":*", ":0=", ":1.2+x/_y-z="),
    repository: fc.constantFrom("", "", "::gentoo", "::my_repo-x"),
    use: fc.oneof(fc.constant<string[]>([]), fc.array(flags, { minLength: 1, maxLength: 3 })),
  })
  .map(({ blocker, operator, category, name, version, wildcard, slot, repository, use }) => {
    const versionPart = operator === "" ? "" : `-${version}${operator === "=" && wildcard ? "*" : ""}`;
    const useText = use.length === 0 ? "" : `[${use.join(",")}]`;
    return `${blocker}${operator}${category}/${name}${versionPart}${slot}${repository}${useText}`;
  });

/** Atoms with a few characters deleted, doubled, exchanged or put in: mostly invalid, some valid in another way. */
export const brokenAtoms = fc
  .tuple(
    atoms,
    fc.array(
      fc.tuple(fc.nat(), fc.constantFrom("", "", ..."-/:[]=!~<>*,.+_@?() \t\n\\~a1"), fc.constantFrom<0 | 1>(0, 1)),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([atom, edits]) =>
    edits.reduce((text, [place, put, drop]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + put + text.slice(at + drop);
    }, atom),
  );
