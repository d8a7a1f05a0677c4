import { readFile } from "node:fs/promises";
import type { z } from "zod";

/** null where the file is not there, or is not what it should be: what it tells then counts as never written. */
export async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null;
  }
}
