import type { LogCut } from "../model/logs.ts";

/** The line that stands in a log for what is left out of it. */
export function cutNote({ from, to }: LogCut): Buffer {
  const left = (to - from).toLocaleString("en-US");
  return Buffer.from(
    `\n[build-swarm: ${left} bytes are left out here: the log is longer than [build] log_limit_mib]\n`,
  );
}
