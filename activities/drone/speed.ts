import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { z } from "zod";
import { writeFileAtomic } from "../../system/atomicFile.ts";

/** Processor seconds of one round on the reference machine: a core of an AMD EPYC (Zen 3) at about 3 GHz. */
const REFERENCE_SECONDS = 0.032;
/** The least of these counts: a round can only be disturbed to be slower. */
const ROUNDS = 5;
const BYTES = 2 * 1024 * 1024;

const SpeedSchema = z.object({ machine: z.string(), speed: z.number().positive() });

/**
 * Work that one core of this machine does, relative to the reference machine's. Measured once for a machine (some tenths of a
 * second) and kept in the drone's directory, so that a drone does not change its mind at each start.
 */
export async function measuredSpeed(directory: string): Promise<number> {
  const file = join(directory, "speed.json");
  const machine = `${cpus()[0]?.model} ${process.version}`;
  const kept = await readFile(file, "utf8")
    .then((text) => SpeedSchema.parse(JSON.parse(text)))
    .catch(() => null);
  if (kept?.machine === machine) return kept.speed;
  const speed = Math.round((REFERENCE_SECONDS / Math.min(...rounds())) * 100) / 100;
  await writeFileAtomic(file, JSON.stringify({ machine, speed }));
  return speed;
}

/** Processor seconds of each round: of this process, so that others that run beside it count little. */
function rounds(): number[] {
  const data = material();
  return Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    deflateSync(data, { level: 9 });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
}

/** Always the same text-like bytes: searching them for repetitions branches and jumps in memory, as compilers do. */
function material(): Buffer {
  const words = Array.from({ length: 4096 }, (_, i) => ((i * 2654435761) % 2 ** 32).toString(36));
  let state = 1;
  let text = "";
  while (text.length < BYTES) {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    text += `${words[state >>> 20]} `;
  }
  return Buffer.from(text);
}
