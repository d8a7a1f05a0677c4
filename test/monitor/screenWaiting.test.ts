import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { accessTo, type TestAccess } from "../support/access.ts";
import { openTerminal } from "../support/tmux.ts";
import { heldRun, isRestored, MAIN, missing, monitorEnv, openMonitor } from "./terminal.ts";

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

  test("Ctrl-Z, or a stop from elsewhere, puts it aside and fg brings it back", async () => {
    await using terminal = await openMonitor(swarm, access);
    await terminal.shows("PACKAGES 8");
    const stopped = async (): Promise<void> => {
      const shell = await terminal.value("pane_pid");
      const [monitor] = (await readFile(`/proc/${shell}/task/${shell}/children`, "utf8")).trim().split(" ");
      process.kill(Number(monitor), "SIGTSTP");
    };
    for (const stop of [stopped, () => terminal.press("C-z")]) {
      await stop();
      await terminal.shows(/Stopped|suspended/i);
      expect(await terminal.value("alternate_on")).toBe("0");
      await terminal.run("fg");
      await terminal.shows("PACKAGES 8");
      expect(await terminal.value("alternate_on")).toBe("1");
      await terminal.type("?");
      await terminal.shows("leave: the run goes on");
      await terminal.press("Escape");
      await terminal.shows("PACKAGES 8");
    }
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
