import { existsSync } from "node:fs";
import { compilesFrom, phaseBegun } from "../../portage/buildLog.ts";
import { type Attempt, stateOf } from "./attempt.ts";
import { usageOf } from "./supervisor.ts";

/** Whether an attempt has begun to compile, or is over. False where it never was here, or is still being prepared. */
export async function isCompiling(attempt: Attempt): Promise<boolean> {
  // Delivered or discarded: only its log stays.
  if (!existsSync(attempt.directory)) return existsSync(attempt.log);
  if ((await stateOf(attempt)).state === "ended") return true;
  const marks = (await usageOf(attempt))?.marks ?? [];
  return marks.map(([, line]) => phaseBegun(line)).some((phase) => phase !== null && compilesFrom(phase));
}
