import { messageOf, usageError } from "../model/errors.ts";
import { parseAtom } from "./atom.ts";
import { describeCharacter } from "./identifiers.ts";

/** Kinds of USE dependency that a list may have: the others refer to a package that has the dependency. */
const PLAIN_USE = new Set(["enabled", "disabled"]);

function checkSet(text: string): void {
  const bad = [...text.slice(1)].find((character) => !/[\w.+-]/.test(character));
  const problem =
    bad === undefined
      ? "its name must begin with a letter, digit or underscore"
      : `${describeCharacter(bad)} is not allowed`;
  if (!/^@\w[\w.+-]*$/.test(text)) throw usageError(`${JSON.stringify(text)} is not a valid set: ${problem}`);
}

/** One member of a world: an atom that asks for a package, or a set `@name`. @throws UserError */
export function checkWorldMember(text: string): void {
  if (text.startsWith("@")) {
    checkSet(text);
    return;
  }
  const atom = parseAtom(text);
  const quoted = JSON.stringify(text);
  if (atom.blocker !== "") throw usageError(`${quoted} is a blocker: a list names what to build`);
  if (atom.use.some((dependency) => !PLAIN_USE.has(dependency.kind))) {
    throw usageError(`${quoted} has a USE dependency of an ebuild: only [flag] and [-flag] are possible here`);
  }
}

/** Whether it can be a member of a world. */
export function isWorldMember(text: string): boolean {
  try {
    checkWorldMember(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads a list of atoms and sets, one a line; `#` begins a comment. In order, each once.
 * @param file names the list in messages
 * @throws UserError with every bad line and its number, or where the list has no member
 */
export function parseAtomList(text: string, file: string): string[] {
  const members = new Set<string>();
  const problems: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const member = line.replace(/(?:^|[ \t])#.*$/, "").replace(/^[ \t]+|[ \t]+$/g, "");
    if (member === "") continue;
    try {
      checkWorldMember(member);
      members.add(member);
    } catch (error) {
      problems.push(`${file}:${index + 1}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw usageError(problems);
  if (members.size === 0) throw usageError(`${file}: there is no atom in it: write one a line, e.g. app-editors/vim`);
  return [...members];
}
