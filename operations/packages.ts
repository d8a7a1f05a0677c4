import { UserError } from "../model/errors.ts";
import { matchesPattern } from "../model/patterns.ts";
import type { PackageView } from "../model/run.ts";
import { parseAtom } from "../portage/atom.ts";
import { matchesVersion } from "../portage/atomMatch.ts";
import { splitCpv } from "../portage/cpv.ts";
import { nearest } from "../system/nearest.ts";
import { packagesQuery, worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { askWorkflow } from "./engine.ts";

/** The packages of the latest run of a target. UserError: there was none. */
export async function readPackages(access: Access, target: string): Promise<PackageView[]> {
  try {
    return await askWorkflow(await access.client(), worldUpdateId(target), packagesQuery);
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") throw noRun(target);
    throw error;
  }
}

export function noRun(target: string): UserError {
  return new UserError(`there was no run of ${target} yet. Start one: swarm run-update`);
}

/**
 * The packages that a name means: category/name-version exactly, else category/name, else name; else a pattern with `*`, or
 * an atom with a version operator. Never by a part of it. UserError: an atom that asks for more than a version.
 */
export function matchingPackages<P extends { cpv: string }>(packages: readonly P[], name: string): P[] {
  const named = packages.filter(({ cpv }) => namesOf(cpv).includes(name));
  return matching(packages, name, named);
}

/** @param named the packages that have that name, with or without category or version */
function matching<P extends { cpv: string }>(packages: readonly P[], name: string, named: readonly P[]): P[] {
  const exact = named.filter(({ cpv }) => cpv === name);
  if (exact.length > 0) return exact;
  if (named.length > 0) return [...named];
  if (/^[<>=~]/.test(name)) return packages.filter(versionTest(name));
  return name.includes("*") ? packages.filter(({ cpv }) => matchesPattern(name, cpv)) : [];
}

/** Whether a package is of an atom with a version operator. */
function versionTest(text: string): (it: { cpv: string }) => boolean {
  const atom = parseAtom(text);
  if (atom.slot !== null || atom.repository !== null || atom.use.length > 0) {
    throw new UserError(`${text}: only name and version can be asked for here: leave out slot, repository and USE`);
  }
  return ({ cpv }) => matchesVersion(atom, cpv);
}

function namesOf(cpv: string): string[] {
  const parts = splitCpv(cpv);
  return typeof parts === "string" ? [cpv] : [parts.name, parts.cp, parts.pf, cpv];
}

/** For so many unknown names the nearest is looked for: it costs a look at every package. */
const MAX_NEAR = 5;

/** All packages that several names mean, each once. UserError with every name that means none. */
export function packagesNamed<P extends { cpv: string }>(packages: readonly P[], names: string[], run: string): P[] {
  const byName = new Map<string, P[]>();
  for (const it of packages) {
    for (const name of namesOf(it.cpv)) byName.set(name, [...(byName.get(name) ?? []), it]);
  }
  const found = names.map((name) => ({ name, all: matching(packages, name, byName.get(name) ?? []) }));
  const strange = found
    .filter(({ all }) => all.length === 0)
    .map(({ name }, i) => notAmong(i < MAX_NEAR ? packages : [], name, run));
  if (strange.length > 0) throw new UserError(strange.join("\n"));
  return [...new Set(found.flatMap(({ all }) => all))];
}

function notAmong(packages: readonly { cpv: string }[], name: string, run: string): string {
  const near = nearest(
    name,
    packages.flatMap(({ cpv }) => namesOf(cpv)),
  );
  return `${name} is not among the packages that ${run} builds${near ? `. Did you mean ${near}?` : ""}`;
}

/** The one package that a name means. UserError: none, or several, which are listed. */
export function onePackage<P extends { cpv: string }>(packages: readonly P[], name: string, run: string): P {
  const [first, ...others] = matchingPackages(packages, name);
  if (first === undefined) throw new UserError(notAmong(packages, name, run));
  if (others.length > 0) {
    const names = [first, ...others].map(({ cpv }) => `  ${cpv}`);
    throw new UserError([`${name} may be one of several; name one of them:`, ...names].join("\n"));
  }
  return first;
}
