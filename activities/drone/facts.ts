import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { DroneConfig } from "../../config/schema.ts";
import type { DroneFacts } from "../../model/fleet.ts";
import { writeFileAtomic } from "../../system/atomicFile.ts";
import { CommandError, run } from "../../system/command.ts";
import { freeBytes, GIB } from "../../system/disk.ts";

export interface FactsOptions {
  drone: Pick<
    DroneConfig,
    "dir" | "cores" | "slots" | "maxJobs" | "lowDiskGib" | "coresLimit" | "memoryGib" | "exclude" | "only"
  > & { name: string };
  portage: { version: string };
  /** Of one core; 1 is the reference machine's. */
  speed: number;
  /** null until it was measured. */
  linkBytesPerSecond: number | null;
  /** Of this machine, that others keep busy; null where that is not known. */
  foreignCores: number | null;
  /** What builds have taken of the disk, and what gives way to them. */
  ownDiskBytes: number;
}

/** What compiles on this machine, in words that can be compared. */
export interface Toolchain {
  chost: string;
  /** e.g. `gcc 12.2.0` */
  compiler: string;
  /** e.g. `glibc 2.36` */
  libc: string;
}

export async function toolchain(): Promise<Toolchain> {
  const [chost, version, libc] = await Promise.all([
    ask("gcc", ["-dumpmachine"]),
    ask("gcc", ["-dumpfullversion"]),
    ask("getconf", ["GNU_LIBC_VERSION"]),
  ]);
  return {
    chost: chost ?? "none",
    compiler: version === null ? "none" : `gcc ${version}`,
    libc: libc ?? (await otherLibc()),
  };
}

/** What this drone is, as of now. */
export async function droneFacts(options: FactsOptions): Promise<DroneFacts> {
  const { drone, portage, speed, linkBytesPerSecond, foreignCores, ownDiskBytes } = options;
  const usable = Math.min(drone.cores, drone.coresLimit, availableParallelism());
  await mkdir(drone.dir, { recursive: true });
  const id = await droneId(drone.dir);
  const [tools, diskFreeBytes] = await Promise.all([toolchain(), freeBytes(drone.dir)]);
  return {
    name: drone.name,
    id,
    cores: drone.cores,
    slots: drone.slots,
    memoryBytes: totalmem(),
    diskFreeBytes,
    lowDiskBytes: drone.lowDiskGib * GIB,
    portage: portage.version,
    ...tools,
    clock: Date.now(),
    coresLimit: drone.coresLimit,
    memoryForBuildsBytes: Math.round(drone.memoryGib * GIB),
    diskForBuildsBytes: Math.max(0, Math.round(diskFreeBytes - drone.lowDiskGib * GIB + ownDiskBytes)),
    ...(drone.maxJobs < usable && { maxJobs: drone.maxJobs }),
    exclude: drone.exclude,
    only: drone.only,
    speed,
    ...(linkBytesPerSecond !== null && { linkBytesPerSecond: Math.round(linkBytesPerSecond) }),
    ...(foreignCores !== null && { busyCores: busyOf(foreignCores, usable, cpus().length) }),
  };
}

/**
 * Of the cores that builds may use, those that others keep busy: these take the cores first that no build may use. In halves.
 * @param usable by builds, of all that the `machine` has.
 */
export function busyOf(foreignCores: number, usable: number, machine: number): number {
  return Math.round(Math.min(usable, Math.max(0, foreignCores - (machine - usable))) * 2) / 2;
}

/** Made once for the work directory. */
async function droneId(directory: string): Promise<string> {
  const file = join(directory, "id");
  const known = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f-]{36}\n$/.test(known)) return known.trim();
  const id = randomUUID();
  await writeFileAtomic(file, `${id}\n`);
  return id;
}

async function ask(program: string, args: string[]): Promise<string | null> {
  try {
    return (await run(program, args)).trim() || null;
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}

/** musl's loader has no option for it: without arguments it fails, and says what it is on stderr. */
async function otherLibc(): Promise<string> {
  try {
    return `musl ${/Version (\S+)/.exec(await run("ldd", []))?.[1] ?? "unknown"}`;
  } catch (error) {
    const version = error instanceof CommandError ? /musl.*Version (\S+)/s.exec(error.message)?.[1] : undefined;
    return version === undefined ? "unknown" : `musl ${version}`;
  }
}
