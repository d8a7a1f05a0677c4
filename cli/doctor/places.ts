import { existsSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { SwarmConfig } from "../../config/schema.ts";
import { bytes } from "../../model/words.ts";
import { type Check, type RoleName, WORKERS } from "./check.ts";

const GIB = 1024 ** 3;

/** The token, and free disk where packages are built and kept. */
export async function checkPlaces(config: SwarmConfig): Promise<Check[]> {
  const { binhost, drones, up } = config;
  const places: { path: string; least: number; role: RoleName }[] = [
    { path: binhost.dir, least: binhost.lowDiskGib, role: "binhost" },
    ...up.drones.flatMap((name) => {
      const drone = drones[name];
      return drone ? [{ path: drone.dir, least: drone.lowDiskGib, role: "drone" as const }] : [];
    }),
  ];
  return [await checkToken(config.swarm.tokenFile), ...(await Promise.all(places.map(checkDisk)))];
}

async function checkToken(file: string): Promise<Check> {
  const common = { name: "Token", roles: WORKERS };
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code !== "ENOENT") {
      return { ...common, verdict: "bad", found: `${file}: ${found.message}`, fix: "make it readable for this user" };
    }
    const fix = "`swarm up` makes one; on a further machine copy the swarm's own there, mode 0600";
    return { ...common, verdict: "note", found: `${file} is not there`, fix };
  }
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  const open = (found.mode & 0o077) !== 0;
  return {
    ...common,
    verdict: open ? "bad" : "ok",
    found: `${file}, mode ${mode}`,
    fix: open ? `others may read it: chmod 600 ${file}` : null,
  };
}

async function checkDisk({ path, least, role }: { path: string; least: number; role: RoleName }): Promise<Check> {
  let there = path;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const low = free < least * GIB;
  return {
    name: "Free disk",
    verdict: low ? "bad" : "ok",
    found: `${bytes(free)} for ${path}`,
    fix: low ? `less than low_disk_gib = ${least}: make room, or move it` : null,
    roles: [role],
  };
}
