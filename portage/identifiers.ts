import { VERSION_PATTERN } from "./version.ts";

/** One kind of name of the Package Manager Specification, section 3.1. */
interface NameKind {
  what: string;
  /** Finds a character that it may not have. */
  illegal: RegExp;
  first: RegExp;
}

const CATEGORY: NameKind = { what: "category", illegal: /[^A-Za-z0-9+_.-]/u, first: /^[A-Za-z0-9_]/ };
const PACKAGE: NameKind = { what: "package name", illegal: /[^A-Za-z0-9+_-]/u, first: /^[A-Za-z0-9_]/ };
const SLOT: NameKind = { what: "slot", illegal: /[^A-Za-z0-9+_.-]/u, first: /^[A-Za-z0-9_]/ };
const USE_FLAG: NameKind = { what: "USE flag", illegal: /[^A-Za-z0-9+_@-]/u, first: /^[A-Za-z0-9]/ };
const REPOSITORY: NameKind = { what: "repository name", illegal: /[^A-Za-z0-9_-]/u, first: /^[A-Za-z0-9_]/ };

const ENDS_IN_VERSION = new RegExp(`-${VERSION_PATTERN}(?:-r[0-9]+)?$`);

/** A character in words, so that invisible ones can be seen. */
export function describeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase().padStart(4, "0");
  if (character === " ") return "a space";
  if (code < 32 || code === 127) return `a control character (U+${hex})`;
  return code < 127 ? `"${character}"` : `"${character}" (U+${hex})`;
}

function problemOf(kind: NameKind, text: string): string | null {
  if (text === "") return `the ${kind.what} is missing`;
  const illegal = kind.illegal.exec(text)?.[0];
  if (illegal !== undefined) return `the ${kind.what} "${text}" may not contain ${describeCharacter(illegal)}`;
  if (!kind.first.test(text)) return `the ${kind.what} "${text}" may not begin with "${text.charAt(0)}"`;
  return null;
}

/** What is wrong with a text as a category, or null. */
export function categoryProblem(text: string): string | null {
  return problemOf(CATEGORY, text);
}

/** What is wrong with a text as a package's name (without version), or null. */
export function packageProblem(text: string): string | null {
  const problem = problemOf(PACKAGE, text);
  if (problem !== null || !ENDS_IN_VERSION.test(text)) return problem;
  return `the package name "${text}" may not end in a dash and a version`;
}

/** What is wrong with a text as a slot or sub-slot, or null. */
export function slotProblem(text: string): string | null {
  return problemOf(SLOT, text);
}

/** What is wrong with a text as a USE flag, or null. */
export function flagProblem(text: string): string | null {
  return problemOf(USE_FLAG, text);
}

/** What is wrong with a text as a repository's name, or null. */
export function repositoryProblem(text: string): string | null {
  const problem = problemOf(REPOSITORY, text);
  if (problem !== null || !ENDS_IN_VERSION.test(text)) return problem;
  return `the repository name "${text}" may not end in a dash and a version`;
}
