import { SEARCH_ATTRIBUTES } from "../model/searchAttributes.ts";

/** What the server is told beside its defaults; design.md says what each was measured to do. */
const DYNAMIC_CONFIG = {
  // One history shard is read 20 times a second by default: every hop would wait up to 50 ms.
  "history.transferProcessorMaxPollRPS": 2000,
  "history.timerProcessorMaxPollRPS": 2000,
  "history.transferProcessorMaxPollHostRPS": 4000,
  // Order within a queue is by partition.
  "matching.numTaskqueueReadPartitions": 1,
  "matching.numTaskqueueWritePartitions": 1,
  // Off in 1.29 unless set.
  "matching.useNewMatcher": true,
  "matching.enableFairness": true,
  "frontend.WorkerHeartbeatsEnabled": true,
  "frontend.ListWorkersEnabled": true,
} as const;

/** The command line of `temporal server start-dev`. */
export function serverArguments(settings: { ip: string; port: number; uiPort: number; database: string }): string[] {
  return [
    "server",
    "start-dev",
    ...["--ip", settings.ip, "--port", String(settings.port), "--ui-port", String(settings.uiPort)],
    ...["--db-filename", settings.database],
    // SQLite's default journal makes the server several times slower; with WAL it survives SIGKILL all the same.
    ...["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"],
    ...["--log-level", "warn", "--color", "never"],
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
      "--dynamic-config-value",
      `${key}=${JSON.stringify(value)}`,
    ]),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ["--search-attribute", `${name}=Keyword`]),
  ];
}
