import { usageError } from "../model/errors.ts";
import { splitCpv } from "./cpv.ts";
import { categoryProblem, describeCharacter, packageProblem, repositoryProblem, slotProblem } from "./identifiers.ts";
import { formatUseDependency, parseUseDependency, type UseDependency } from "./useDependency.ts";

/** A package dependency (Package Manager Specification 8.3, EAPI 8, and Portage's `::repository`). */
export interface Atom {
  blocker: "" | "!" | "!!";
  /** "" where the atom has no version. */
  operator: "" | "<" | "<=" | "=" | "~" | ">=" | ">";
  category: string;
  name: string;
  /** With revision, as written; null where there is none. */
  version: string | null;
  /** `=cat/pkg-1*`: every version that begins with these components. */
  wildcard: boolean;
  slot: string | null;
  subslot: string | null;
  slotOperator: "" | "=" | "*";
  repository: string | null;
  use: UseDependency[];
}

const OPERATORS = ["<=", ">=", "<", ">", "=", "~"] as const;
const BLOCKERS = ["!!", "!"] as const;

/** Thrown inside this file: what is wrong, without the atom's text. */
class Refusal extends Error {}

function must(problem: string | null): void {
  if (problem !== null) throw new Refusal(problem);
}

function refuse(problem: string): never {
  throw new Refusal(problem);
}

/** Characters that are nowhere allowed are reported first and with their place: they are often invisible. */
function checkCharacters(text: string): void {
  for (const [index, character] of [...text].entries()) {
    if (!/[\w+.@/<>=~!*:[\](),?-]/.test(character)) {
      refuse(`${describeCharacter(character)} at character ${index + 1} is not allowed`);
    }
  }
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(text)) refuse('"." and ".." are not allowed as category or package name');
  if (text.startsWith("-")) refuse('it begins with "-", like an option');
}

function parsePackage(text: string, operator: Atom["operator"]) {
  const parts = text.split("/");
  if (parts.length > 2) refuse('there is more than one "/"');
  const [category = "", name] = parts;
  if (name === undefined) refuse('there is no "/" between category and package name');
  if (operator === "") {
    must(categoryProblem(category));
    if (typeof splitCpv(text) !== "string") refuse(`a version needs an operator: did you mean "=${text}"?`);
    must(packageProblem(name));
    return { category, name, version: null, wildcard: false };
  }
  const wildcard = text.endsWith("*");
  if (wildcard && operator !== "=") refuse(`"*" after the version goes with the operator "=" only, not "${operator}"`);
  const cpv = splitCpv(wildcard ? text.slice(0, -1) : text);
  if (typeof cpv === "string") refuse(`${cpv} (the operator "${operator}" needs category/name-version)`);
  return { category, name: cpv.name, version: cpv.fullVersion, wildcard };
}

function parseSlot(text: string): Pick<Atom, "slot" | "subslot" | "slotOperator"> {
  if (text === "=" || text === "*") return { slot: null, subslot: null, slotOperator: text };
  const slotOperator = text.endsWith("=") ? "=" : "";
  const [slot = "", subslot = null, ...more] = (slotOperator ? text.slice(0, -1) : text).split("/");
  if (more.length > 0) refuse(`the slot ":${text}" has more than one "/"`);
  must(slotProblem(slot));
  if (subslot !== null) must(slotProblem(subslot)?.replace(/^the slot/, "the sub-slot") ?? null);
  return { slot, subslot, slotOperator };
}

function parseUse(text: string): UseDependency[] {
  if (!text.endsWith("]")) refuse('the USE dependencies that begin with "[" must end the atom with "]"');
  const use = text
    .slice(1, -1)
    .split(",")
    .map((member) => {
      const dependency = parseUseDependency(member);
      return typeof dependency === "string" ? refuse(dependency) : dependency;
    });
  for (const { flag, fallback } of use) {
    if (use.some((other) => other.flag === flag && other.fallback !== fallback)) {
      refuse(`the USE flag "${flag}" is there with different defaults: (+), (-) or none must be the same everywhere`);
    }
  }
  return use;
}

function parse(text: string): Atom {
  if (text === "") refuse("it is empty");
  checkCharacters(text);
  const blocker = BLOCKERS.find((mark) => text.startsWith(mark)) ?? "";
  let rest = text.slice(blocker.length);
  const operator = OPERATORS.find((mark) => rest.startsWith(mark)) ?? "";
  rest = rest.slice(operator.length);

  const bracket = rest.indexOf("[");
  const use = bracket < 0 ? [] : parseUse(rest.slice(bracket));
  if (bracket >= 0) rest = rest.slice(0, bracket);

  const doubleColon = rest.indexOf("::");
  const repository = doubleColon < 0 ? null : rest.slice(doubleColon + 2);
  if (repository !== null) must(repositoryProblem(repository));
  if (doubleColon >= 0) rest = rest.slice(0, doubleColon);

  const colon = rest.indexOf(":");
  const slot = colon < 0 ? { slot: null, subslot: null, slotOperator: "" as const } : parseSlot(rest.slice(colon + 1));
  if (colon >= 0) rest = rest.slice(0, colon);

  return { blocker, operator, ...parsePackage(rest, operator), ...slot, repository, use };
}

/** Reads an atom. @throws UserError that says what is wrong with it and where. */
export function parseAtom(text: string): Atom {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const shown = text.length > 120 ? `${text.slice(0, 117)}...` : text;
    throw usageError(`${JSON.stringify(shown)} is not a valid atom: ${error.message}`);
  }
}

/** Writes an atom: the text that parseAtom reads as the same atom. */
export function formatAtom(atom: Atom): string {
  const version = atom.version === null ? "" : `-${atom.version}${atom.wildcard ? "*" : ""}`;
  const slot = `${atom.slot ?? ""}${atom.subslot === null ? "" : `/${atom.subslot}`}${atom.slotOperator}`;
  const repository = atom.repository === null ? "" : `::${atom.repository}`;
  const use = atom.use.length === 0 ? "" : `[${atom.use.map(formatUseDependency).join(",")}]`;
  return `${atom.blocker}${atom.operator}${atom.category}/${atom.name}${version}${slot && `:${slot}`}${repository}${use}`;
}
