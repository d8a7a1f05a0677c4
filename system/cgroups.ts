import { access, constants, mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

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

/**
 * The cgroups of a drone, or null where it may make none with weights and limits. What systemd delegates to a service that
 * runs in a subgroup (`Delegate=yes`, `DelegateSubgroup=`) will do: the kernel allows limits only below a group that has no
 * processes itself, and the drone is not moved, since that would keep systemd from starting it again.
 * @param memoryBytes what all builds may use together.
 */
export async function openCgroups(drone: string, memoryBytes: number): Promise<BuildCgroups | null> {
  for (const mount of MOUNTS) {
    const own = await ownGroup();
    if (own === null || !(await exists(join(mount, "cgroup.controllers")))) continue;
    const base = join(mount, dirname(own));
    try {
      const controllers = (await readFile(join(base, "cgroup.controllers"), "utf8")).trim().split(" ");
      if (!WANTED.every((it) => controllers.includes(it))) return null;
      return await cgroupsBelow(base, drone, memoryBytes);
    } catch {
      // Not ours to write, or it has processes: nice values do.
      return null;
    }
  }
  return null;
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

/** This process's group: the line `0::/system.slice/...` of /proc/self/cgroup; null for the root, which has no parent. */
async function ownGroup(): Promise<string | null> {
  const path = /^0::(.+)$/m.exec(await readFile("/proc/self/cgroup", "utf8"))?.[1];
  return path === undefined || path === "/" ? null : path;
}

const exists = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
