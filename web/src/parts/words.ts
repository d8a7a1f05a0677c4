import type { PackageState } from "../../../model/run.ts";
import type { Bar } from "../../../model/timeline.ts";

/** Package states in the order in which the page shows them. */
export const STATE_ORDER: readonly PackageState[] = ["received", "delegated", "needed", "skipped", "failed"];

export const RESULT_WORDS: Record<Bar["result"], string> = {
  building: "building",
  received: "done",
  failed: "failed",
  superseded: "given up",
};

export function splitName(cpv: string): { category: string; rest: string } {
  const slash = cpv.indexOf("/");
  return { category: cpv.slice(0, slash), rest: cpv.slice(slash + 1) };
}

/** category/name of category/name-version. */
export function nameOf(cpv: string): string {
  return cpv.replace(/-\d[^-/]*(-r\d+)?$/, "");
}
