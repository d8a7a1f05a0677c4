import { USUAL_DISK_BYTES } from "../model/estimate.ts";
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

/** What a drone builds and what not. Bytes for builds; absent where there is no limit. */
export interface DroneLimits {
  memoryBytes?: number;
  diskBytes?: number;
  /** Patterns of packages that it never builds, and of those that it builds at all (none: any). */
  exclude?: readonly string[];
  only?: readonly string[];
}

/** What a drone must have for a build. Bytes. */
export interface Needs {
  /** By an operator's word; 0: nothing was said. */
  memoryBytes: number;
  /** By its estimate. */
  diskBytes: number;
}

/** What any drone is taken to have. */
export const isUsual = ({ memoryBytes, diskBytes }: Needs): boolean =>
  memoryBytes === 0 && diskBytes <= USUAL_DISK_BYTES;

/** Why a drone could never build a package, or null. */
export function exclusion(
  { memoryBytes = Number.POSITIVE_INFINITY, diskBytes, exclude = [], only = [] }: DroneLimits,
  cpv: string,
  needs: Needs,
): string | null {
  const pattern = exclude.find((each) => matchesPattern(each, cpv));
  if (pattern !== undefined) return `excludes ${pattern}`;
  if (only.length > 0 && !only.some((each) => matchesPattern(each, cpv))) return `builds only ${only.join(", ")}`;
  if (memoryBytes < needs.memoryBytes) {
    return `has ${gib(memoryBytes)} for builds, it needs ${gib(needs.memoryBytes)}`;
  }
  return lackOfDisk(diskBytes, needs.diskBytes);
}

/**
 * Why a disk cannot take a build beside others, or null. Alone it may take what is usual of any disk: drones keep some free.
 * @param diskBytes for builds; undefined: no limit. @param taken what the others are counted with; 0: it is alone. Bytes
 */
export function lackOfDisk(diskBytes: number | undefined, needed: number, taken = 0): string | null {
  if (diskBytes === undefined || needed <= diskBytes - taken) return null;
  if (taken === 0 && needed <= USUAL_DISK_BYTES) return null;
  const others = taken === 0 ? "" : `, and ${gib(taken)} are for what it builds`;
  return `has too little disk free: ${gib(diskBytes)} for builds${others}, it needs ${gib(needed)}`;
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
