import type { LogKey } from "../../model/logs.ts";

export const CRASH_KEY: LogKey = { run: "desktop-20261121-0101", cpv: "dev-libs/a-1.0", attempt: 1 };
/** Kept of a log. Bytes */
export const CRASH_LIMIT = 1024 * 1024;

/** Lines of which each says its offset: what is out of place is seen. */
export function crashLog(bytes = 6 * 1024 * 1024): Buffer {
  return Buffer.from(Array.from({ length: bytes / 16 }, (_, i) => `${String(16 * i).padStart(15, "0")}\n`).join(""));
}
