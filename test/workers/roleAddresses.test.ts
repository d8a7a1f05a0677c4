import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { identify } from "../../system/processIdentity.ts";
import {
  RECORD_VARIABLE,
  recordPath,
  recordsDir,
  removeRecord,
  roleAddresses,
  writeRecord,
} from "../../workers/roleRecords.ts";

const RECORDS = new URL("../../workers/roleRecords.ts", import.meta.url).href;
const ROLE = `import { announceAddress } from ${JSON.stringify(RECORDS)};
await announceAddress(process.env, process.env.URL);
console.log("there");
setInterval(() => {}, 1e6);`;

test("a role that was killed is known until it is started again or stopped: its metrics say that it is down", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "swarm-roles-"));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  await mkdir(recordsDir(stateDir), { recursive: true });
  const start = async (url: string) => {
    const env = { ...process.env, [RECORD_VARIABLE]: recordPath(stateDir, "drone-izar"), URL: url };
    const role = spawn(process.execPath, ["--input-type=module", "-e", ROLE], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void role.kill("SIGKILL"));
    const identity = identify(role.pid ?? 0);
    if (identity === null) throw new Error("it does not run");
    await writeRecord(stateDir, { label: "drone-izar", identity, startedAt: new Date().toISOString() });
    await once(role.stdout, "data");
    return role;
  };
  const first = await start("http://127.0.0.1:9464");
  expect(await roleAddresses(stateDir)).toEqual([{ label: "drone-izar", url: "http://127.0.0.1:9464", isAlive: true }]);
  first.kill("SIGKILL");
  await once(first, "exit");
  expect(await roleAddresses(stateDir)).toEqual([
    { label: "drone-izar", url: "http://127.0.0.1:9464", isAlive: false },
  ]);
  await start("http://127.0.0.1:9466");
  expect(await roleAddresses(stateDir)).toEqual([{ label: "drone-izar", url: "http://127.0.0.1:9466", isAlive: true }]);
  await removeRecord(stateDir, "drone-izar");
  expect(await roleAddresses(stateDir)).toEqual([]);
});
