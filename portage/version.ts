import { usageError } from "../model/errors.ts";

/** A version's suffixes in ascending order; `_p` alone stands above a version without suffix. */
const SUFFIXES = ["alpha", "beta", "pre", "rc", "p"] as const;

/** A version taken apart (Package Manager Specification 3.2). Numbers stay digits: they may be of any length. */
export interface Version {
  /** The dotted numbers, at least one. */
  numbers: [string, ...string[]];
  /** The letter after the numbers, or "". */
  letter: string;
  /** A number that is not written is "". */
  suffixes: { name: (typeof SUFFIXES)[number]; number: string }[];
  /** Digits after `-r`, "" where no revision is written. */
  revision: string;
}

/** Source of a regular expression for a version without revision. */
export const VERSION_PATTERN = String.raw`[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*`;

const PARTS = /^([0-9]+(?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r([0-9]+))?$/;

function isSuffix(name: string): name is (typeof SUFFIXES)[number] {
  return SUFFIXES.some((known) => known === name);
}

/** The parts of a version, or null where the text is none. */
export function tryParseVersion(text: string): Version | null {
  const match = PARTS.exec(text);
  if (!match) return null;
  const [, dotted = "", letter = "", suffixText = "", revision = ""] = match;
  const [first = "", ...others] = dotted.split(".");
  const suffixes = suffixText
    .split("_")
    .slice(1)
    .flatMap((suffix) => {
      const name = suffix.replace(/[0-9]+$/, "");
      return isSuffix(name) ? [{ name, number: suffix.slice(name.length) }] : [];
    });
  return { numbers: [first, ...others], letter, suffixes, revision };
}

/** The parts of a version. @throws UserError where the text is none. */
export function parseVersion(text: string): Version {
  const version = tryParseVersion(text);
  if (version) return version;
  throw usageError(
    `${JSON.stringify(text)} is not a version: it must be numbers with dots between, then if need be a letter, ` +
      "suffixes (_alpha _beta _pre _rc _p) and a revision, e.g. 1.2.3b_rc1-r2",
  );
}

type Order = -1 | 0 | 1;

function order(a: number | string, b: number | string): Order {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Compares digits as whole numbers of any length; no digits are zero. */
function compareDigits(a: string, b: string): Order {
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return order(left.length, right.length) || order(left, right);
}

/** PMS algorithm 3.3: a number after the first with a leading zero is compared like the digits of a fraction. */
function compareFurtherNumber(a: string, b: string): Order {
  if (!a.startsWith("0") && !b.startsWith("0")) return compareDigits(a, b);
  return order(a.replace(/0+$/, ""), b.replace(/0+$/, ""));
}

/** PMS algorithm 3.2. */
function compareNumbers(a: Version, b: Version): Order {
  const [firstA, ...othersA] = a.numbers;
  const [firstB, ...othersB] = b.numbers;
  const first = compareDigits(firstA, firstB);
  if (first !== 0) return first;
  for (const [index, number] of othersA.entries()) {
    const other = othersB[index];
    const result = other === undefined ? 1 : compareFurtherNumber(number, other);
    if (result !== 0) return result;
  }
  return order(othersA.length, othersB.length);
}

/** PMS algorithms 3.5 and 3.6. */
function compareSuffixes(a: Version, b: Version): Order {
  for (let index = 0; index < Math.max(a.suffixes.length, b.suffixes.length); index++) {
    const left = a.suffixes[index];
    const right = b.suffixes[index];
    // The end of the list stands between _rc and _p.
    if (!left) return right?.name === "p" ? -1 : 1;
    if (!right) return left.name === "p" ? 1 : -1;
    const result =
      order(SUFFIXES.indexOf(left.name), SUFFIXES.indexOf(right.name)) || compareDigits(left.number, right.number);
    if (result !== 0) return result;
  }
  return 0;
}

/**
 * Compares two versions as the Package Manager Specification (EAPI 8, section 3.3) orders them.
 * @throws UserError where one is no version.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  const left = parseVersion(a);
  const right = parseVersion(b);
  return (
    compareNumbers(left, right) ||
    order(left.letter, right.letter) ||
    compareSuffixes(left, right) ||
    compareDigits(left.revision, right.revision)
  );
}
