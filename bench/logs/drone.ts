import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { keepFor } from "../../activities/drone/logKeep.ts";
import { LogStreams } from "../../activities/drone/logStream.ts";
import type { LogKey } from "../../model/logs.ts";
import { BinhostClient } from "../../store/client.ts";

/** What a binhost keeps of each log by default. Bytes */
const LIMIT = 16 * 2 ** 20;

/** What the process is told: where the binhost is, then which logs to bring, then that one has ended. */
type Told =
  | { binhost: { url: string; token: string } }
  | { follow: LogKey; file: string; begun: number }
  | { end: string };

/** The part of a drone that brings logs to the binhost, as a process of its own. */
export class LogDrone {
  readonly #child: ChildProcess;

  constructor(binhost: { url: string; token: string }) {
    this.#child = fork(import.meta.filename);
    this.#tell({ binhost });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  follow(key: LogKey, file: string): void {
    this.#tell({ follow: key, file, begun: Date.now() });
  }

  end(file: string): void {
    this.#tell({ end: file });
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  #tell(what: Told): void {
    this.#child.send(what);
  }
}

function bring(): void {
  // Whoever started it has died: nothing is left behind.
  process.once("disconnect", () => process.exit());
  let streams: LogStreams | null = null;
  process.on("message", (told: Told) => {
    if ("binhost" in told) {
      const { url, token } = told.binhost;
      streams = new LogStreams(new BinhostClient(url, token).logs, { log: console.error, keep: keepFor(LIMIT) });
    } else if ("follow" in told) streams?.follow(told.file, { key: told.follow, begun: told.begun });
    else streams?.end(told.end);
  });
}

if (import.meta.main) bring();
