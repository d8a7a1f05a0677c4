import type { BuildLimits } from "../model/limits.ts";
import { matchesPattern } from "../model/patterns.ts";

const GIB = 2 ** 30;

/** Nothing was said. */
export const NO_LIMITS: BuildLimits = { exclusive: [], memory: [], speculate: false };

/** What operators and drones allow of one package. */
export interface PackageLimits {
  /** Bytes that an operator said that its build needs; null: nothing was said. */
  memoryBytes: number | null;
  /** Exclusive groups that it is of. */
  groups: readonly number[];
}

export function packageLimits({ exclusive, memory }: BuildLimits, cpv: string): PackageLimits {
  const set = memory.find(({ packages }) => matchesPattern(packages, cpv));
  return {
    memoryBytes: set ? set.gib * GIB : null,
    groups: exclusive.flatMap((group, i) => (group.some((pattern) => matchesPattern(pattern, cpv)) ? [i] : [])),
  };
}

/** What a drone builds and what not. */
export interface DroneLimits {
  memoryBytes?: number;
  /** Patterns of packages that it never builds, and of those that it builds at all (none: any). */
  exclude?: readonly string[];
  only?: readonly string[];
}

/** Why a drone could never build a package, or null. @param leastMemory what the build needs by an operator's word. Bytes */
export function exclusion(
  { memoryBytes, exclude = [], only = [] }: DroneLimits,
  cpv: string,
  leastMemory: number,
): string | null {
  const pattern = exclude.find((each) => matchesPattern(each, cpv));
  if (pattern !== undefined) return `excludes ${pattern}`;
  if (only.length > 0 && !only.some((each) => matchesPattern(each, cpv))) return `builds only ${only.join(", ")}`;
  if (memoryBytes === undefined || memoryBytes >= leastMemory) return null;
  return `has ${gib(memoryBytes)} for builds, it needs ${gib(leastMemory)}`;
}

const gib = (bytes: number): string => `${Math.round((bytes / GIB) * 10) / 10} GiB`;

/** Every pattern that operators wrote, once for each place. */
export function writtenPatterns(
  { exclusive, memory }: BuildLimits,
  drones: readonly (DroneLimits & { name: string })[],
): { where: string; pattern: string }[] {
  const own = new Set([...exclusive.flat(), ...memory.map(({ packages }) => packages)]);
  return [
    ...[...own].map((pattern) => ({ where: "[scheduler]", pattern })),
    ...drones.flatMap(({ name, exclude = [], only = [] }) =>
      [...new Set([...exclude, ...only])].map((pattern) => ({ where: `drone ${name}`, pattern })),
    ),
  ];
}
