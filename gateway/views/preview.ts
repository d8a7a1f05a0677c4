import type { FinalizePreview, Verification } from "../../model/finalize.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { packageName } from "../../scheduler/estimate.ts";

export function previewOf(facts: Verification, current: Snapshot | null): FinalizePreview {
  const before = Map.groupBy(current?.packages ?? [], ({ cpv }) => packageName(cpv));
  const added: string[] = [];
  const changed: string[] = [];
  for (const { cpv } of facts.publish) {
    const versions = before.get(packageName(cpv))?.map((each) => each.cpv) ?? [];
    if (versions.length === 0) added.push(cpv);
    else if (versions.includes(cpv)) changed.push(`${cpv}: built anew`);
    else changed.push(`${versions.map((each) => each.slice(each.indexOf("/") + 1)).join(", ")} → ${cpv}`);
  }
  return {
    ...facts,
    ...{ added, changed },
    failed: facts.failed.map(({ cpv, message }) => `${cpv}: ${message}`),
    skipped: facts.skipped.map(({ cpv }) => cpv),
    refusal: refusalOf(facts),
  };
}

function refusalOf({ risk, words, step, failed, publish }: Verification): string | null {
  if (step === "done") return words.join(" ");
  if (step !== "gate") return `The run is at the step ${step}: it can be finalized when everything is built.`;
  if (risk === "do not") return words.join(" ");
  if (failed.length > 0 && publish.length > 0) return "Packages failed: it needs acceptFailed to publish without them.";
  return null;
}
