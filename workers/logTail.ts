import { open } from "node:fs/promises";

const MAX_BYTES = 16 * 1024;

/** The last lines of a log that were written after byte `from`; none where there is no log. */
export async function logTail(path: string, lines: number, from = 0): Promise<string[]> {
  const handle = await open(path, "r").catch(() => null);
  if (handle === null) return [];
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - MAX_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), 0, null, start);
    const text = buffer.toString("utf8", 0, bytesRead).trimEnd();
    return text === "" ? [] : text.split("\n").slice(-lines);
  } finally {
    await handle.close();
  }
}
