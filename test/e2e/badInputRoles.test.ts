import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectionSettings } from "../../connection/options.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { commandEnv } from "../support/command.ts";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";

vi.setConfig(LONG);

const MAIN = join(packageRoot(), "dist/cli/main.js");

let swarm: Swarm;

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 1 } },
    packages: [{ cpv: "app-misc/fine-1" }],
    world: ["app-misc/fine"],
    orchestrators: 1,
  });
});
afterAll(() => swarm?.stop());

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
