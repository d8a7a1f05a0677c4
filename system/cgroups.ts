import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where version 2 is mounted: alone, or beside version 1. */
const MOUNTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
const WANTED = ["cpu", "memory"];

/** cgroups (version 2) for builds, one each, below one of the drone's. */
export interface BuildCgroups {
  /** Makes a build's, and gives its directory. `memoryBytes`: what its processes may use together; null: no bound of its own. */
  create(label: string, memoryBytes: number | null): Promise<string>;
  /** Whether the kernel has killed a process in it for memory. */
  outOfMemory(label: string): Promise<boolean>;
  /** Removes it; to be called when its processes have ended. */
  remove(label: string): Promise<void>;
}

/** The subgroup that the drone's service runs in: `DelegateSubgroup=` of its systemd unit. */
const SUBGROUP = "swarm-drone";

/**
 * The cgroups of a drone, or null where it may make none with weights and limits. What systemd delegates to a service that
 * runs in a subgroup will do (`Delegate=yes`, `DelegateSubgroup=swarm-drone`): the kernel allows limits only below a group
 * that has no processes itself, and a drone that moved itself would keep systemd from starting it again.
 * @param memoryBytes what all builds may use together.
 */
export async function openCgroups(drone: string, memoryBytes: number): Promise<BuildCgroups | null> {
  const path = delegatedGroup(await readFile("/proc/self/cgroup", "utf8"));
  if (path === null) return null;
  for (const mount of MOUNTS) {
    const base = join(mount, path);
    const controllers = (await readFile(join(base, "cgroup.controllers"), "utf8").catch(() => "")).trim().split(" ");
    if (!WANTED.every((it) => controllers.includes(it))) continue;
    // Not ours to write after all: nice values do.
    return await cgroupsBelow(base, drone, memoryBytes).catch(() => null);
  }
  return null;
}

/**
 * The group that was delegated to this process's service, from /proc/self/cgroup: the parent of its subgroup. Null elsewhere:
 * root could write to other groups too, but they are the system's.
 */
export function delegatedGroup(cgroups: string): string | null {
  const own = /^0::(.+)$/m.exec(cgroups)?.[1];
  return own !== undefined && basename(own) === SUBGROUP ? dirname(own) : null;
}

/** The same below a given group. Rejects where the kernel refuses. */
export async function cgroupsBelow(base: string, drone: string, memoryBytes: number): Promise<BuildCgroups> {
  const group = join(base, `builds-${drone}`);
  const enable = WANTED.map((it) => `+${it}`).join(" ");
  await writeFile(join(base, "cgroup.subtree_control"), enable);
  await mkdir(group, { recursive: true });
  await writeFile(join(group, "memory.max"), String(Math.round(memoryBytes)));
  await writeFile(join(group, "cgroup.subtree_control"), enable);
  const place = (label: string): string => join(group, label);
  return {
    async create(label, limit) {
      await mkdir(place(label), { recursive: true });
      await writeFile(join(place(label), "memory.max"), limit === null ? "max" : String(limit));
      return place(label);
    },
    async outOfMemory(label) {
      const events = await readFile(join(place(label), "memory.events"), "utf8").catch(() => "");
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0;
    },
    async remove(label) {
      await rmdir(place(label)).catch(() => {});
    },
  };
}
