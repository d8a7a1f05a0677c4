import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { attemptOf } from "../../activities/drone/attempt.ts";
import { droneLog } from "../../cli/buildLog.ts";
import { copyLog } from "../../operations/buildLogs.ts";
import { buildLogPath } from "../../portage/buildLog.ts";

const RUN = "desktop-20261121-0101";
const CPV = "dev-libs/openssl-3.0.2-r1";
const LIMIT = 2 ** 20;
let directory: string;
let dir: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-log-"));
  dir = join(directory, "izar");
  file = buildLogPath(dir, RUN, CPV, 2);
  await mkdir(dirname(file), { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("the log is looked for where a drone writes it", () => {
  const order = {
    run: RUN,
    target: "desktop",
    plan: "",
    tree: "",
    bundle: "",
    index: 0,
    cpv: CPV,
    attempt: 2,
    jobs: 1,
    nice: 0,
    noOutputSeconds: 60,
  };
  expect(attemptOf({ dir, prefixLength: 240 }, order).log).toBe(file);
});

test("a log is read whole, and on from where it ended", async () => {
  await writeFile(file, "one\n");
  const log = await droneLog(dir, file, LIMIT);
  const read: string[] = [];
  const write = (bytes: Uint8Array): void => void read.push(Buffer.from(bytes).toString());
  try {
    if (!log) throw new Error("the log was not opened");
    const at = await copyLog(log, write);
    await writeFile(file, "two\n", { flag: "a" });
    await copyLog(log, write, at);
  } finally {
    await log?.close();
  }
  expect(read).toEqual(["one\n", "two\n"]);
});

test("a log that is not there", async () => {
  expect(await droneLog(dir, file, LIMIT)).toBeNull();
  expect(await droneLog(join(directory, "other"), file, LIMIT)).toBeNull();
});

test("links out of the logs are not followed, neither the file nor its directory", async () => {
  await writeFile(join(directory, "secret"), "secret\n");
  await symlink(join(directory, "secret"), file);
  expect(await droneLog(dir, file, LIMIT)).toBeNull();

  await rm(dirname(file), { recursive: true });
  await mkdir(join(directory, "elsewhere"));
  await writeFile(join(directory, "elsewhere", "openssl-3.0.2-r1.2.log"), "secret\n");
  await symlink(join(directory, "elsewhere"), dirname(file));
  expect(await droneLog(dir, file, LIMIT)).toBeNull();
});
