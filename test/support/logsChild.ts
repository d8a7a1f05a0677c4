/**
 * Adds to a log until it is killed: `logsChild.ts DIRECTORY POINT COUNT`. At the named point it kills itself when it is there for the
 * COUNTth time; with the point `none` somebody else does. Run as a process of its own by logsCrash.test.ts.
 */
import { openStore } from "../../store/store.ts";
import { CRASH_KEY, CRASH_LIMIT, crashLog } from "./crashLog.ts";

const [directory = "", point = "", count = "1"] = process.argv.slice(2);
let left = Number(count);
const store = await openStore(directory, {
  name: "main",
  logLimitBytes: CRASH_LIMIT,
  checkpoint: (reached) => {
    if (reached === point && --left === 0) process.kill(process.pid, "SIGKILL");
  },
});
const { begun, end } = await store.logs.state(CRASH_KEY);
process.stdout.write("ready\n");
const log = crashLog();
for (let at = begun === null ? 0 : end; at < log.length; ) {
  const bytes = log.subarray(at, at + 50_000);
  at = (await store.logs.append(CRASH_KEY, { begun: 1, offset: at }, bytes)).end;
}
await store.logs.complete(CRASH_KEY, { begun: 1, size: log.length, failed: null });
