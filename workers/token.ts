import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { writeFileAtomic } from "../system/atomicFile.ts";

/** Makes the swarm's token (256 random bits, readable by its owner only) where there is none; true if it was made. */
export async function ensureToken(file: string): Promise<boolean> {
  const size = await stat(file).then(
    (it) => it.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    },
  );
  if (size !== null) return false;
  await writeFileAtomic(file, `${randomBytes(32).toString("base64url")}\n`, 0o600);
  return true;
}
