import type { PlanPackage } from "../model/plan.ts";

/** Core-seconds that any build costs: unpacking, configuring, packing. Measured on the demo tree. */
const FIXED = 5;
/** Core-seconds per MiB of source archives: the middle of the desktop graph's fit; x3 either way for one package. */
const PER_MEBIBYTE = 45;

/** A first guess of a package's work in core-seconds, from the size of its sources. */
export function estimateWork(pkg: Pick<PlanPackage, "sourceBytes">): number {
  return Math.round(FIXED + (pkg.sourceBytes / 1024 / 1024) * PER_MEBIBYTE);
}
