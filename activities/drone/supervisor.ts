import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { writeFileAtomic } from "../../system/atomicFile.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import type { ProcessIdentity } from "../../system/processIdentity.ts";
import { readJson } from "./jsonFile.ts";
import type { LogKeep } from "./logKeep.ts";

/** A command under supervise.py, by the directory of its files. */
export interface Supervised {
  directory: string;
}

/** How a build ended. Times in seconds since the epoch. */
export interface BuildResult {
  exitCode: number | null;
  signal: number | null;
  startedAt: number;
  endedAt: number;
}

/** What the supervisor is to do: supervise.json. */
export interface SuperviseJob {
  log: string;
  /** Of a long log. */
  keep: LogKeep;
  /** Directory of other logs that say the same: those begin anew when they are long. */
  copies: string;
  nice: number;
  /** Processors that it may use; more than there are: all. */
  cores: number;
  /** Directory of a cgroup made for it; null: none. */
  cgroup: string | null;
  /** Directories whose size is measured. */
  disk: string[];
  command: string[];
}

const SupervisorSchema: z.ZodType<ProcessIdentity> = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  bootId: z.string(),
});
const ResultSchema: z.ZodType<BuildResult> = z.object({
  exitCode: z.int().nullable(),
  signal: z.int().nullable(),
  startedAt: z.number(),
  endedAt: z.number(),
});
const UsageSchema = z.object({
  /** Seconds since the epoch, as all times here. */
  at: z.number(),
  cpuSeconds: z.number().nonnegative(),
  memoryBytes: z.number().nonnegative(),
  peakMemoryBytes: z.number().nonnegative(),
  /** Of the directories asked for, as of the last look; 0 before the first, and of supervisors of earlier versions. */
  diskBytes: z.number().nonnegative().default(0),
  peakDiskBytes: z.number().nonnegative().default(0),
  /** When which line of the log came, of those by which Portage announces its steps. */
  marks: z.array(z.tuple([z.number(), z.string()])),
  /** The nice value in force. */
  nice: z.int(),
  /** Why it is not in force everywhere; null: it is. */
  refused: z.string().nullable(),
  /** Why the middle of a long log stays on the disk; null: it does not. */
  logUnlimited: z.string().nullable().default(null),
});
export type MeasuredUsage = z.infer<typeof UsageSchema>;

/** The program that runs each build. */
export const SUPERVISE = join(packageRoot(), "portage/python/supervise.py");
/** The supervisor takes hundredths of a second to note who it is. ms */
const START_MS = 10_000;

export function supervisorOf({ directory }: Supervised): Promise<ProcessIdentity | null> {
  return readJson(join(directory, "supervisor.json"), SupervisorSchema);
}

/** Its last file: once it is there, the others are final. */
export function resultOf({ directory }: Supervised): Promise<BuildResult | null> {
  return readJson(join(directory, "result.json"), ResultSchema);
}

/** What was used up to about a second ago; null where nothing was measured yet. */
export function usageOf({ directory }: Supervised): Promise<MeasuredUsage | null> {
  return readJson(join(directory, "usage.json"), UsageSchema);
}

/** Gives a running build another nice value, 0 to 19: its supervisor looks at least once a second. */
export async function requestNice({ directory }: Supervised, nice: number): Promise<void> {
  const file = join(directory, "nice");
  try {
    // Not writeFileAtomic: it would make the directory again where the build has ended meanwhile.
    await writeFile(`${file}.tmp`, String(nice));
    await rename(`${file}.tmp`, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/**
 * Starts the supervisor in a session of its own and waits until it can be found again. False where it did not start.
 */
export async function startSupervisor(
  { directory }: Supervised,
  job: SuperviseJob,
  { python, cwd, env }: { python: string; cwd: string; env: NodeJS.ProcessEnv },
): Promise<boolean> {
  await writeFileAtomic(join(directory, "supervise.json"), JSON.stringify(job));
  // -I -S: nothing of the machine's Python set-up is read, and it starts in hundredths of a second.
  const args = ["-I", "-S", SUPERVISE, directory];
  const child = spawn(python, args, { cwd, env, detached: true, stdio: "ignore" });
  await once(child, "spawn");
  child.unref();
  const deadline = Date.now() + START_MS;
  while ((await supervisorOf({ directory })) === null) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended && existsSync(join(directory, "supervisor.json"))) return true;
    if (ended || Date.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}
