import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeGpkg } from "../../bench/gpkgMaker.ts";
import { connectionSettings } from "../../connection/options.ts";
import { type BuildOrder, type BuiltArtifact, uploadId } from "../../model/build.ts";
import { BinhostClient } from "../../store/client.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { sha256Of, uploadOf } from "../store/support.ts";
import { commandEnv } from "../support/command.ts";
import { deliverStrangely } from "../support/strangeDrone.ts";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";

vi.setConfig(LONG);

const MAIN = join(packageRoot(), "dist/cli/main.js");

let swarm: Swarm;
/** The binhost's directory is below it. */
let disk: string;
/** It is a file system of its own, small enough to be filled. */
let small: boolean;

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), "swarm-disk-"));
  small = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]).status === 0;
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 1 } },
    packages: [
      { cpv: "app-misc/fine-1", held: true },
      { cpv: "app-misc/other-1", held: true },
    ],
    world: ["app-misc/fine"],
    orchestrators: 1,
    change: (toml) => toml.replace("[binhost]\n", `[binhost]\ndir = "${disk}/store"\n`),
  });
});
afterAll(async () => {
  await swarm?.stop();
  if (small) spawnSync("umount", [disk]);
  await rm(disk, { recursive: true, force: true });
});

const json = async (...args: string[]) => JSON.parse(await swarm.do(...args, "--json"));

/** A further process with a configuration and a state directory of its own, for the same swarm; ended with the test. */
function further(name: string, args: string[], { toml = "", token = "", env = {} } = {}) {
  const directory = join(swarm.directory, name);
  mkdirSync(directory, { recursive: true });
  const { url } = swarm.config.binhost;
  const own = token === "" ? swarm.config.swarm.tokenFile : join(directory, "token");
  if (token !== "") writeFileSync(own, token);
  writeFileSync(
    join(directory, "swarm.toml"),
    `[swarm]\nstate_dir = "state"\ntoken_file = "${own}"\n[binhost]\nurl = "${url}"\n${toml}\n`,
  );
  const subprocess = execa(process.execPath, [MAIN, ...args], {
    env: { ...commandEnv(), TEMPORAL_ADDRESS: connectionSettings(swarm.config, {}).options.address, ...env },
    extendEnv: false,
    cwd: directory,
    reject: false,
    all: true,
    stdin: "ignore",
  });
  onTestFinished(async () => {
    subprocess.kill("SIGKILL");
    await subprocess;
  });
  return subprocess;
}

/** A port of 127.0.0.1 that somebody has while the test runs. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

describe("a role that cannot work ends with exit code 1, the reason and the fix", () => {
  test("a configuration with three mistakes: all of them, exit code 2, nothing is made", async () => {
    const toml = '[build]\nno_output_minutes = "sixty"\n[dev_server]\nport = 70000\n[drones.izar]\ncoers = 4';
    const { exitCode, all } = await further("three", ["up"], { toml });
    expect(exitCode).toBe(2);
    expect(all.split("\n")).toEqual([
      expect.stringMatching(/swarm\.toml:\d+: build\.no_output_minutes must be a whole number .* not "sixty"/),
      expect.stringMatching(/swarm\.toml:\d+: dev_server\.port must be a TCP port .* not 70000/),
      expect.stringMatching(/swarm\.toml:\d+: unknown key "drones\.izar\.coers": did you mean "cores"\?/),
    ]);
    expect(await readdir(join(swarm.directory, "three"))).toEqual(["swarm.toml"]);
  });

  test("the binhost's port is in use", async () => {
    const port = await takenPort();
    const started = await execa(
      process.execPath,
      [MAIN, "--config", await portFile("binhost", "port", port), "binhost"],
      {
        reject: false,
        all: true,
        env: { TEMPORAL_ADDRESS: connectionSettings(swarm.config, {}).options.address },
      },
    );
    expect(started.exitCode).toBe(1);
    expect(started.all).toMatch(new RegExp(`port ${port} on 127.0.0.1 is in use.*set \\[binhost\\] port`));
  });

  test("the dev server's port is in use", async () => {
    const port = await takenPort();
    const file = await portFile("dev_server", "port", port);
    const started = await execa(process.execPath, [MAIN, "--config", file, "dev-server", "start"], {
      reject: false,
      all: true,
      env: commandEnv(),
      extendEnv: false,
    });
    expect(started.exitCode).toBe(1);
    expect(started.all).toMatch(new RegExp(`port ${port} on 127.0.0.1 is in use by .*\\[dev_server\\] port`));
  });

  async function portFile(section: string, key: string, port: number): Promise<string> {
    const file = join(swarm.directory, `${section}.toml`);
    const { tokenFile } = swarm.config.swarm;
    await writeFile(
      file,
      `[swarm]\nstate_dir = "state-${section}"\ntoken_file = "${tokenFile}"\n[${section}]\n${key} = ${port}\n`,
    );
    return file;
  }

  test("a drone with another token is refused, and `swarm drones` shows it", async () => {
    const { exitCode, all } = await further("stranger", ["drone", "stranger"], {
      token: "somebody-elses-token-0123456789",
      toml: "[drones.stranger]\ncores = 4",
    });
    expect(exitCode).toBe(1);
    expect(all).toMatch(/drone stranger was refused: .*its token is not this swarm's. Copy the swarm's token file/);
    expect(all).not.toContain("somebody-elses-token");
    expect(await swarm.do("drones")).toMatch(/^refused {2}stranger: .*its token is not this swarm's/m);
    expect((await json("drones")).drones.map((drone: { facts: { name: string } }) => drone.facts.name)).toEqual([
      "izar",
    ]);
  });

  test("the binhost refuses another token, and says whose it wants", async () => {
    const { exitCode, all } = await further("reader", ["target"], { token: "somebody-elses-token-0123456789" });
    expect(exitCode).toBe(1);
    expect(all).toMatch(/wrong or missing token\n.*token_file/);
    expect(all).not.toContain("somebody-elses-token");
  });

  test("a drone with the name of one that is alive: the second ends, the first works on", async () => {
    const second = await further("twin", ["drone", "izar"], { toml: "[drones.izar]\ncores = 4" });
    expect(second.exitCode).toBe(1);
    expect(second.all).toMatch(/drone izar was refused: a drone named izar is alive already.*Choose another name/);
    const sameDirectory = await swarm.cli("drone", "izar");
    expect(sameDirectory.code).toBe(1);
    expect(sameDirectory.stderr).toMatch(/^swarm: drone izar runs already in \S+ \(process \d+\)$/);
    const { drones } = await json("drones");
    expect(drones).toMatchObject([{ facts: { name: "izar" }, state: "online", grounded: null }]);
  });

  test("a drone whose clock is an hour off is let in and gets no work, with the reason", async () => {
    const late = further("late", ["drone", "late"], {
      toml: "[drones.late]\ncores = 64\nlow_disk_gib = 0",
      env: { LD_PRELOAD: await shiftedClock(3600) },
    });
    await swarm.until("late is there", async () => (await json("drones")).drones.length === 2);
    const { drones } = await json("drones");
    const found = drones.find((drone: { facts: { name: string } }) => drone.facts.name === "late");
    expect(found).toMatchObject({
      state: "online",
      grounded: "its clock is 60 min ahead: set it, then restart the drone",
    });
    expect(await swarm.do("status")).toMatch(/^late +64 {2}✗ grounded +its clock is 60 min ahead/m);
    late.kill("SIGTERM");
    expect(await late).toMatchObject({ exitCode: 0 });
    await swarm.until("late has left", async () => (await swarm.cli("drone", "forget", "late")).code === 0);
  });
});

/** A library that lets the clock of a process be ahead by so many seconds. */
async function shiftedClock(seconds: number): Promise<string> {
  const source = join(swarm.directory, "clock.c");
  await writeFile(
    source,
    `#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *at) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, at);
  if (id == CLOCK_REALTIME) at->tv_sec += ${seconds};
  return result;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
  int result = real(at, zone);
  at->tv_sec += ${seconds};
  return result;
}
`,
  );
  const library = join(swarm.directory, "clock.so");
  await execa("cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]);
  return library;
}

describe("uploads to the binhost's process", () => {
  /** Sends bytes as an upload that was announced with other ones, or with these. */
  async function send(bytes: Buffer, announced: Buffer): Promise<{ status: number; error: string }> {
    const { id, size, sha256 } = uploadOf("bad-upload", announced);
    const response = await fetch(`${swarm.config.binhost.url}/api/uploads/${id}?size=${size}&sha256=${sha256}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${(await readFile(swarm.config.swarm.tokenFile, "utf8")).trim()}`,
        "content-type": "application/octet-stream",
        "upload-offset": "0",
      },
      body: new Uint8Array(bytes),
    });
    const { error } = (await response.json()) as { error: string };
    return { status: response.status, error };
  }

  test("too short, too long, other bytes: refused with the numbers, nothing is kept", async () => {
    const whole = await makeGpkg({ cpv: "app-misc/fine-1" });
    expect(await send(whole.subarray(1), whole)).toEqual({
      status: 400,
      error: expect.stringContaining(`ended after ${whole.length - 1} of ${whole.length} bytes`),
    });
    expect(await send(Buffer.concat([whole, whole]), whole)).toEqual({
      status: 400,
      error: expect.stringContaining(`more than the ${whole.length} announced`),
    });
    expect(await send(Buffer.alloc(whole.length), whole)).toEqual({
      status: 400,
      error: expect.stringMatching(/SHA-256 is [0-9a-f]{64}, announced was/),
    });
    expect(await readdir(join(disk, "store/uploads"))).toEqual([]);
  });

  test("another package, and the right name with wrong content: quarantined with the reason, the run goes on without it", async () => {
    const run = await swarm.startRun();
    await swarm.compiling("app-misc/fine-1");
    const { plan, tree, bundle } = await swarm.view();
    const order = (attempt: number): BuildOrder => ({
      ...{ run, target: "desktop", plan: plan ?? "", tree: tree ?? "", bundle: bundle ?? "" },
      ...{ index: 0, cpv: "app-misc/fine-1", attempt, jobs: 1, nice: 0, noOutputSeconds: 60 },
    });
    const token = (await readFile(swarm.config.swarm.tokenFile, "utf8")).trim();
    const client = new BinhostClient(swarm.config.binhost.url, token);
    const deliver = async (attempt: number, bytes: Buffer): Promise<string> => {
      const file = join(swarm.directory, `strange-${attempt}`);
      await writeFile(file, bytes);
      const sha256 = sha256Of(bytes);
      const made: BuiltArtifact = {
        ...{ cpv: "app-misc/fine-1", buildId: 1, size: bytes.length, sha256 },
        ...{ prepareSeconds: 0, buildSeconds: 0, adopted: false },
      };
      const id = uploadId(order(attempt));
      await deliverStrangely(swarm, order(attempt), {
        build: async () => made,
        upload: () => client.uploadArtifact({ id, file, size: bytes.length, sha256 }),
      });
      const kept = join(disk, "store/quarantine", id);
      expect((await readFile(join(kept, "artifact.gpkg.tar"))).equals(bytes)).toBe(true);
      return JSON.parse(await readFile(join(kept, "reason.json"), "utf8")).reason;
    };
    expect(await deliver(98, await makeGpkg({ cpv: "app-misc/other-1" }))).toMatch(
      /app-misc\/other-1.*app-misc\/fine-1/,
    );
    const damaged = await makeGpkg({ cpv: "app-misc/fine-1" });
    const at = damaged.indexOf("app-misc/fine-1app-misc");
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(await deliver(99, damaged)).toMatch(/BLAKE2B differs/);
    expect(await client.staged(run)).toEqual([]);

    await swarm.release("app-misc/fine-1");
    await swarm.reaches("gate");
    expect((await client.staged(run)).map(({ cpv }) => cpv)).toEqual(["app-misc/fine-1"]);
    await swarm.do("finalize");
    expect(await swarm.compiled()).toEqual(["app-misc/fine-1"]);
  });
});

test("a full disk at the binhost: the upload waits and status says why; with space it goes on, nothing is built again", async (context) => {
  if (!small) return context.skip("no right to mount a tmpfs: run as root to test a full disk");
  await swarm.startRun("--packages", "app-misc/other");
  await swarm.compiling("app-misc/other-1");
  const ballast = join(disk, "ballast");
  await writeFile(ballast, Buffer.alloc(32 * 1024 * 1024)).catch(() => {});
  await swarm.release("app-misc/other-1");
  await swarm.until("status tells", async () =>
    /app-misc\/other-1: \S+ is tried again: no space left on the disk of the package store/.test(
      await swarm.do("status"),
    ),
  );
  expect(await json("snapshots")).toHaveLength(1);
  await rm(ballast);
  await swarm.reaches("gate");
  await swarm.do("finalize");
  expect(await swarm.compiled()).toEqual(["app-misc/fine-1", "app-misc/other-1"]);
  expect((await json("snapshots", "show")).packages).toHaveLength(2);
});
