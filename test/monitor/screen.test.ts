import { describe, expect, test } from "vitest";
import { putTarget } from "../gateway/support.ts";
import { stagePackage } from "../store/support.ts";
import { accessTo } from "../support/access.ts";
import { reaches } from "../support/builds.ts";
import { swarm as command } from "../support/command.ts";
import { heldRun, isRestored, missing, openMonitor } from "./terminal.ts";

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
    await terminal.shows(/EVENTS \d+.*· b\/\w+-1: izar is asked/s);
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
