import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isAlive } from "../system/processIdentity.ts";

const RecordSchema = z.strictObject({
  process: z.strictObject({ pid: z.int(), startTime: z.string(), bootId: z.string() }),
  address: z.string(),
  ip: z.string(),
  port: z.int(),
  uiPort: z.int(),
  uiUrl: z.string(),
  database: z.string(),
  version: z.string(),
  startedAt: z.string(),
});

/** What is written down of a started dev server. It stays after a crash: the next start takes the same ports. */
export type DevServerRecord = z.infer<typeof RecordSchema>;

export const recordPath = (stateDir: string): string => join(stateDir, "dev-server.json");

/** The record, of a live or a dead server; null where there is none that can be read. */
export function readRecord(stateDir: string): DevServerRecord | null {
  try {
    return RecordSchema.parse(JSON.parse(readFileSync(recordPath(stateDir), "utf8")));
  } catch {
    return null;
  }
}

export function isRunning(record: DevServerRecord): boolean {
  return isAlive(record.process);
}
