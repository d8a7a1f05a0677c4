import { count, duration } from "../model/words.ts";
import type { Reset } from "../operations/reset.ts";
import type { BalanceAnswer, FinalizeAnswer } from "../workflows/messages.ts";

/** What came of an operator's action, in words, a line each. */

export function balanceWords({ moved, freed, kept }: BalanceAnswer): string[] {
  const lines = moved.map(
    ({ cpv, from, to, here, there }) =>
      `✓ ${cpv}: ${from} → ${to}, done in ${duration(there * 1000)} instead of ${duration(here * 1000)}`,
  );
  if (freed.length > 0) lines.push(`✓ ${count(freed.length, "package")} placed without waiting any longer`);
  if (kept.length > 0) lines.push(`${count(kept.length, "build")} left where they are, since they compile already`);
  return lines.length > 0 ? lines : ["Work is where it belongs: nothing would be done sooner elsewhere."];
}

export function unblockWords(cpvs: readonly string[]): string[] {
  if (cpvs.length === 0) return ["Nothing was blocked."];
  return [`✓ ${count(cpvs.length, "package")} tried again: ${cpvs.join(", ")}`];
}

export function finalizeWords({ snapshot, added }: FinalizeAnswer): string[] {
  return [`✓ Published as ${snapshot}: ${count(added, "package")} added. Back: swarm snapshots rollback`];
}

export function resetWords({ cancelled, terminated, builds, staging }: Omit<Reset, "dropped">): string[] {
  const ended = terminated ? `${cancelled} was stuck: terminated` : `${cancelled} is cancelled`;
  const left = builds > 0 ? `, with ${count(builds, "build")} that ${builds === 1 ? "was" : "were"} left` : "";
  const clear =
    staging.length > 0 ? `what it had built is thrown away (${staging.join(", ")})` : "nothing of it was staged";
  return [`✓ ${cancelled === null ? "No run was in progress" : ended}${left}; ${clear}.`, "→ Run: swarm run-update"];
}
