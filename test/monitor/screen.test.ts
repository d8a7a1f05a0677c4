import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { failed, type NoopDroneOptions } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { stagePackage } from "../store/support.ts";
import { accessTo, type TestAccess } from "../support/access.ts";
import { Builds, held, reaches } from "../support/builds.ts";
import { swarm as command } from "../support/command.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { openTerminal, type Terminal, type TerminalOptions, tmuxMissing } from "../support/tmux.ts";
import { Relay } from "./relay.ts";

const missing = await tmuxMissing();
if (missing !== null) console.warn(`the monitor's screen is not tested: ${missing}`);

const MAIN = join(packageRoot(), "cli/main.ts");
const RULE = /═{3} BUILD SWARM ═{3}/;

/** A run with four builds that wait for the test, one that has failed, one that needs that, and one that waits for a drone. */
async function heldRun() {
  const builds = new Builds();
  const hold = held();
  const bothFailed = Promise.withResolvers<void>();
  builds.become(async (order, drone, signal) => {
    if (order.cpv === "a/base-1") return await bothFailed.promise;
    if (order.cpv !== "a/broken-1") return await hold.build(order, drone, signal);
    if (order.attempt === 2) bothFailed.resolve();
    throw failed("package", "compile phase: thing undeclared");
  });
  const drone = (name: string): NoopDroneOptions => ({ name, cores: 8, slots: 2, build: builds.build });
  const swarm = await noopSwarm({
    plan: {
      packages: [
        ...[pkg("a/broken-1"), pkg("a/base-1"), pkg("a/after-1", [0])],
        ...["b/one-1", "b/two-1", "b/three-1", "b/four-1", "b/five-1"].map((name) => pkg(name, [1])),
      ],
    },
    drones: [drone("izar"), drone("tarn")],
  });
  await swarm.run({ run: "screen-1", startedBy: "bert" });
  return { swarm, ...hold };
}

function monitorEnv(swarm: NoopSwarm, access: TestAccess): Record<string, string> {
  return {
    ...{ TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace },
    ...{ SWARM_CONFIG: access.configFile, USER: "ann" },
  };
}

async function openMonitor(
  swarm: NoopSwarm,
  access: TestAccess,
  { env = {}, ...options }: TerminalOptions = {},
): Promise<Terminal> {
  const terminal = await openTerminal({ ...options, env: { ...monitorEnv(swarm, access), ...env } });
  await terminal.run(`stty -g > ${access.directory}/before; clear; echo what was there`);
  await terminal.shows(/^what was there/m);
  await terminal.run(`${process.execPath} ${MAIN} monitor`);
  await terminal.shows(RULE);
  return terminal;
}

/** The terminal is as it was before the monitor. */
async function isRestored(terminal: Terminal, { directory }: TestAccess): Promise<string> {
  await until("the main screen", async () => (await terminal.value("alternate_on")) === "0");
  expect(await terminal.value("cursor_flag")).toBe("1");
  const text = await terminal.shows("what was there");
  expect(text).not.toMatch(RULE);
  await terminal.run(`stty -g > ${directory}/after; cmp ${directory}/before ${directory}/after && echo the "same"`);
  await terminal.shows(/^(\$ )?the same$/m);
  return text;
}

describe.skipIf(missing !== null)("the monitor in a terminal", () => {
  test("a run is watched, filtered, stepped into and published; the terminal is as it was", async () => {
    const { swarm, release } = await heldRun();
    await using _ = swarm;
    await using access = await accessTo(swarm);
    await using terminal = await openMonitor(swarm, access);

    const text = await terminal.shows(/✗ a\/broken-1 +blocked +compile phase: thing undeclared/);
    expect(text).toMatch(/Engine: ✓ \S+ {3}Orchestrators: 1 {3}Binhost: ✓ /);
    expect(text).toMatch(/Run: {4}screen-1 {3}building/);
    expect(text).toMatch(/BLOCKED 1 {3}SKIPPED 1/);
    expect(text).toMatch(/● izar {2}online +8 cores {2}load +2\/8/);
    expect(text).toMatch(/b\/\w+-1 +\w* +█*░* \d+s/);
    await terminal.shows(/EVENTS \d+.*· b\/\w+-1 begins on/s);
    expect(text.split("\n")).toHaveLength(24);

    await terminal.type("/five");
    await terminal.shows('PACKAGES 1 of 8 with "five"');
    await terminal.press("Enter");
    await terminal.type("l");
    await terminal.shows("b/five-1 was not started yet");
    await terminal.press("Escape");
    await terminal.shows("PACKAGES 8");

    await terminal.type("f");
    await terminal.shows("Too early: screen-1 has 5 packages left. Nothing was published.");
    await terminal.type("p");
    await terminal.shows(/Run: {4}screen-1 {3}paused/);
    expect((await swarm.view()).paused?.by).toBe("ann");
    await terminal.type("p");
    await terminal.loses(/screen-1 {3}paused/);
    await terminal.type("b");
    await terminal.shows(/Work is where it belongs|left where they are|→/);

    release();
    await reaches(swarm, "gate");
    await terminal.shows("waits for finalize");
    await putTarget(access);
    await terminal.type("f");
    await terminal.shows("The run counts 6 packages as received that the binhost does not have.");
    for (const name of ["a/base-1", "b/one-1", "b/two-1", "b/three-1", "b/four-1", "b/five-1"]) {
      await stagePackage(access.store, "screen-1", { cpv: name });
    }
    await terminal.type("f");
    const asked = await terminal.shows(/Publish 6 packages \(.*\) of screen-1, without the 1 that failed and the\s1/);
    expect(asked).toMatch(/FAILED, left out 1\n {2}a\/broken-1: compile phase: thing undeclared\n/);
    expect(asked).toMatch(/NEW 6\n {2}a\/base-1\n/);
    await terminal.type("n");
    await terminal.shows("Nothing was changed.");
    expect((await swarm.view()).step).toBe("gate");
    await terminal.type("f");
    await terminal.shows("Publish 6 packages");
    await terminal.type("y");
    await terminal.shows(/✓ Published as \S+: \d+ packages? added/);
    await terminal.shows(/Run: {4}screen-1 {3}done/);

    await terminal.type("?");
    await terminal.shows("leave: the run goes on without this screen");
    await terminal.press("Escape");
    await terminal.loses("leave: the run");
    await terminal.type("q");
    expect(await isRestored(terminal, access)).not.toContain("goes on without the monitor");
  });
});

describe.skipIf(missing !== null)("the monitor of a run that waits", () => {
  let swarm: NoopSwarm;
  let access: TestAccess;
  beforeAll(async () => {
    ({ swarm } = await heldRun());
    access = await accessTo(swarm);
    const isSettled = async () => (await swarm.view()).counts.delegated === 4;
    await until("four builds that wait", isSettled);
  });
  afterAll(async () => {
    await access[Symbol.asyncDispose]();
    await swarm.stop();
  });

  test("any size, and sizes that change: too small says what it needs, wide has two columns", async () => {
    await using terminal = await openMonitor(swarm, access, { columns: 200, rows: 50 });
    await terminal.shows(/DRONES 2 .*│.* EVENTS \d+/);
    expect((await terminal.lines()).filter((line) => line.includes("│")).length).toBeGreaterThan(40);

    for (const [columns, rows] of [
      [80, 24],
      [240, 70],
      [100, 30],
    ] as const) {
      await terminal.resize(columns, rows);
      const text = await terminal.shows(
        new RegExp(`^.{${columns - 8}}\\d\\d:\\d\\d:\\d\\d\n[^]*\n[^\n]*q quit[^\n]*$`, "v"),
      );
      // Nothing is left of the frames before.
      expect(text.match(/BUILD SWARM/g), `${columns}x${rows}`).toHaveLength(1);
      expect(text.match(/PACKAGES 8/g), `${columns}x${rows}`).toHaveLength(1);
      expect(text.match(/q quit/g), `${columns}x${rows}`).toHaveLength(1);
    }
    await terminal.resize(60, 15);
    const small = await terminal.shows("The monitor needs 80x24, this terminal is 60x15.");
    expect(small).not.toContain("PACKAGES");
    // Faster than it draws.
    for (let i = 1; i <= 60; i++) await terminal.resize(40 + ((i * 37) % 200), 8 + ((i * 13) % 60));
    await terminal.resize(80, 24);
    const text = await terminal.shows("PACKAGES 8");
    for (const once of [/BUILD SWARM/g, /PACKAGES 8/g, /q quit/g]) expect(text.match(once)).toHaveLength(1);
  });

  test("the log of a build is followed as it grows, also of bytes that are no text", async () => {
    const binhost = await access.binhost();
    const cpv = (await swarm.view()).drones.flatMap(({ building }) => building)[0]?.cpv ?? "";
    const key = { run: "screen-1", cpv, attempt: 1 };
    let offset = 0;
    const write = async (bytes: Buffer): Promise<void> => {
      await binhost.logs.append(key, { begun: 1, offset, bytes });
      offset += bytes.length;
    };
    await using terminal = await openMonitor(swarm, access);
    await terminal.type(`/${cpv}`);
    await terminal.shows(`PACKAGES 1 of 8 with "${cpv}"`);
    await terminal.press("Enter");
    await terminal.type("l");
    await terminal.shows(`There is no log of ${cpv}, attempt 1, on the binhost yet.`);
    await write(Buffer.from(Array.from({ length: 60 }, (_, i) => `\u001b[32mcompiling ${i}\u001b[0m\n`).join("")));
    expect(await terminal.shows("compiling 59")).toContain(`LOG ${cpv}, attempt 1 (live)`);
    await terminal.press("Home");
    await terminal.shows("compiling 0");
    await terminal.press("End");
    await write(Buffer.concat([Buffer.from([0x1b, 0x5b, 0x32, 0x4a, 0xff, 0xfe]), Buffer.from("linking\n")]));
    expect(await terminal.shows(/�+linking/)).toContain("compiling 59");
    await binhost.logs.complete(key, { begun: 1, size: offset, failed: null });
    await terminal.shows("(complete)");
    await terminal.press("Escape");
    await terminal.shows("PACKAGES 1 of 8");
  });

  test("only what has changed is drawn: a screen on which nothing happens is but a clock", async () => {
    await using terminal = await openMonitor(swarm, access);
    await terminal.shows(/✗ a\/broken-1 +blocked/);
    await terminal.tmux("pipe-pane", "-o", `cat > ${access.directory}/drawn`);
    await sleep(5_000);
    await terminal.tmux("pipe-pane");
    const drawn = await readFile(join(access.directory, "drawn"), "utf8");
    expect(drawn.length).toBeGreaterThan(0);
    // The clock and the times of what is built: a whole screen each second would be ten thousand.
    expect(drawn.length / 5).toBeLessThan(1_000);
    expect(drawn).not.toContain("\u001b[2J");
    // Each frame is one update of the terminal.
    expect(drawn).toContain("\u001b[?2026h");
  });

  test.each([
    ["Ctrl-C", 0],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", null],
  ] as const)("%s leaves the run alone and restores the terminal", async (how, code) => {
    await using terminal = await openTerminal({ env: monitorEnv(swarm, access) });
    await terminal.run(`stty -g > ${access.directory}/before; clear; echo what was there`);
    await terminal.run(
      `sh -c 'echo $$ > ${access.directory}/pid; exec ${process.execPath} ${MAIN} monitor'; echo "code $?"`,
    );
    await terminal.shows(/Run: {4}screen-1/);
    if (how === "Ctrl-C") await terminal.press("C-c");
    else {
      process.kill(Number(await readFile(join(access.directory, "pid"), "utf8")), how);
    }
    // A shell leaves the whole line when a command of it was interrupted.
    if (how !== "SIGINT") await terminal.shows(`code ${code}`);
    expect(await isRestored(terminal, access)).toContain(
      "screen-1 goes on without the monitor. Look again: swarm status",
    );
    expect((await swarm.view()).endedAt).toBeNull();
  });

  test("Ctrl-Z puts it aside and fg brings it back", async () => {
    await using terminal = await openMonitor(swarm, access);
    await terminal.shows("PACKAGES 8");
    await terminal.press("C-z");
    await terminal.shows(/Stopped|suspended/i);
    expect(await terminal.value("alternate_on")).toBe("0");
    await terminal.run("fg");
    await terminal.shows("PACKAGES 8");
    expect(await terminal.value("alternate_on")).toBe("1");
    await terminal.type("?");
    await terminal.shows("leave: the run goes on");
    await terminal.press("Escape");
    await terminal.type("q");
    await isRestored(terminal, access);
  });

  test("NO_COLOR is respected, and without UTF-8 the screen is ASCII", async () => {
    {
      await using terminal = await openMonitor(swarm, access);
      await terminal.shows("PACKAGES 8");
      expect(await terminal.styled()).toContain("\u001b[32m✓");
    }
    {
      await using terminal = await openMonitor(swarm, access, { env: { NO_COLOR: "1" } });
      await terminal.shows("PACKAGES 8");
      expect(await terminal.styled()).not.toContain("\u001b[");
    }
    for (const env of [{ LC_ALL: "C" }, { SWARM_ASCII: "1" }, { TERM: "linux" }]) {
      await using terminal = await openTerminal({ env: { ...monitorEnv(swarm, access), ...env } });
      await terminal.run(`${process.execPath} ${MAIN} monitor`);
      const text = await terminal.shows(/PACKAGES 8 =+/);
      expect(text, JSON.stringify(env)).toMatch(/^[ -~\n]*$/);
      expect(text).toMatch(/x a\/broken-1 +blocked/);
    }
  });
});

describe.skipIf(missing !== null)("the monitor of what goes away", () => {
  test("the engine is killed: it is said, with what was known and how old that is; it recovers by itself", async () => {
    await withEngine(async ({ address, kill, restart }) => {
      const { build, release } = held();
      await using swarm = await NoopSwarm.start({
        ...{ address, bundle: inject("workflowBundle"), plan: { packages: [pkg("a/one-1"), pkg("a/two-1", [0])] } },
        drones: [{ name: "izar", build }],
      });
      await swarm.run({ run: "outage-1" });
      await using access = await accessTo(swarm);
      await using terminal = await openMonitor(swarm, access, { env: { TEMPORAL_ADDRESS: address } });
      await terminal.shows(/→ a\/one-1 +building/);
      await kill();
      const text = await terminal.shows(/✗ shown is \d\d:\d\d:\d\d, \d+s ago: the engine does not answer/);
      expect(text).toMatch(/Engine: ✗/);
      expect(text).toMatch(/→ a\/one-1 +building/);
      expect(text).toContain("NEXT ACTION  The engine does not answer.");
      await terminal.type("p");
      await terminal.shows("Nothing was done: the engine does not answer.");
      await restart();
      await terminal.loses("✗ shown is");
      release();
      await terminal.shows("waits for finalize");
      await terminal.type("q");
      await terminal.shows("outage-1 goes on without the monitor");
    });
  });

  test("the engine comes back at another address, as a dev server on a free port does: it is found there", async () => {
    await using swarm = await noopSwarm({
      plan: { packages: [pkg("a/one-1")] },
      drones: [{ name: "izar", build: held().build }],
    });
    await swarm.run({ run: "moved-1" });
    await using access = await accessTo(swarm);
    await mkdir(join(access.directory, "state"));
    // What a dev server writes when it starts.
    const isAt = ({ address }: Relay) =>
      writeFile(join(access.directory, "state", "dev-server.json"), JSON.stringify({ address }));
    const first = await Relay.to(inject("temporalAddress"));
    await isAt(first);
    await using terminal = await openMonitor(swarm, access, { env: { TEMPORAL_ADDRESS: undefined } });
    await terminal.shows(/→ a\/one-1 +building/);
    await first[Symbol.asyncDispose]();
    await terminal.shows(/✗ shown is .* ago: the engine does not answer/);
    await using second = await Relay.to(inject("temporalAddress"));
    await isAt(second);
    await terminal.loses("✗ shown is");
    await terminal.shows(`Engine: ✓ ${second.address}`);
    await terminal.type("p");
    await terminal.shows(/Run: {4}moved-1 {3}paused/);
  });

  test("through a gateway the same is seen and done as at the engine, with the token of a file", async () => {
    const { swarm } = await heldRun();
    await using _ = swarm;
    await using gateway = await gatewayOf(swarm);
    const token = join(gateway.access.directory, "operator-token");
    await writeFile(token, `${gateway.tokens.operator}\n`, { mode: 0o600 });
    // It knows nothing of the engine.
    await using terminal = await openTerminal();
    await terminal.run(`${process.execPath} ${MAIN} monitor --gateway ${gateway.url} --token-file ${token}`);
    const text = await terminal.shows(/✗ a\/broken-1 +blocked/);
    expect(text).toContain(`═══ BUILD SWARM ═══  through ${gateway.url}`);
    await terminal.type("p");
    await terminal.shows(/Run: {4}screen-1 {3}paused/);
    expect((await swarm.view()).paused?.by).toBe("a-operator");
    await gateway.gateway.close();
    await terminal.shows(/✗ shown is .* ago: the gateway does not answer/);
    await terminal.type("p");
    await terminal.shows("✗ the gateway does not answer");
    await terminal.press("C-c");
    await terminal.shows("screen-1 goes on without the monitor");
  });
});

test("what cannot be a gateway or its token is said before the screen is there", async () => {
  const tries = [
    [["--gateway", "nowhere"], "takes a URL such as http://gateway:8090, not 'nowhere'"],
    [["--gateway", "ftp://there"], "takes a URL"],
    [["--gateway", "http://there", "--token-file", "/nowhere/token"], "cannot be read"],
    [["--token-file", "/nowhere/token"], "say --gateway URL, too"],
  ] as const;
  for (const [args, text] of tries) {
    const { code, stderr } = await command(["monitor", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  }
});

test("without a terminal the monitor says what there is instead", async () => {
  for (const args of [["monitor"], ["monitor", "--json"]]) {
    const { code, stdout, stderr } = await command(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain("swarm status --json");
  }
});
