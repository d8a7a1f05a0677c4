import { flagProblem } from "./identifiers.ts";

/**
 * What a USE dependency asks of its flag: `[f]`, `[-f]`, `[f=]`, `[!f=]`, `[f?]`, `[!f?]`. The last four refer to the
 * flags of the package that has the dependency, so they mean something in an ebuild only.
 */
const USE_DEPENDENCY_KINDS = ["enabled", "disabled", "equal", "opposite", "ifEnabled", "ifDisabled"] as const;
type UseDependencyKind = (typeof USE_DEPENDENCY_KINDS)[number];

export interface UseDependency {
  flag: string;
  kind: UseDependencyKind;
  /** `(+)` or `(-)`: what holds where the package has no such flag. */
  fallback: "+" | "-" | null;
}

/** How each kind is written, around the flag. */
const MARKS: Record<UseDependencyKind, readonly [before: string, after: string]> = {
  enabled: ["", ""],
  disabled: ["-", ""],
  equal: ["", "="],
  opposite: ["!", "="],
  ifEnabled: ["", "?"],
  ifDisabled: ["!", "?"],
};

/** One member of the brackets of an atom, or in words what is wrong with it. */
export function parseUseDependency(text: string): UseDependency | string {
  if (text === "") return "a USE flag is missing between the brackets or commas";
  const [, before = "", flag = "", fallback, after = ""] = /^([-!]?)(.*?)(?:\(([+-])\))?([=?]?)$/s.exec(text) ?? [];
  const problem = flagProblem(flag);
  if (problem !== null) return problem;
  const kind = USE_DEPENDENCY_KINDS.find((known) => MARKS[known][0] === before && MARKS[known][1] === after);
  if (kind === undefined) return `"${text}" is none of the forms flag, -flag, flag=, !flag=, flag?, !flag?`;
  return { flag, kind, fallback: fallback === "+" || fallback === "-" ? fallback : null };
}

export function formatUseDependency({ flag, kind, fallback }: UseDependency): string {
  const [before, after] = MARKS[kind];
  return `${before}${flag}${fallback === null ? "" : `(${fallback})`}${after}`;
}
