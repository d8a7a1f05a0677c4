/** What an operator sets of how packages are built beside each other. Patterns: see `matchesPattern`. */
export interface BuildLimits {
  /** Of each group no two packages are built on one drone at the same time. */
  exclusive: string[][];
  /** Memory that builds of these packages need in all, whatever their jobs: the first that matches counts. GiB */
  memory: { packages: string; gib: number }[];
  /** What holds a run up gets a second build elsewhere where that may be done sooner; the first that is done counts. */
  speculate: boolean;
}
