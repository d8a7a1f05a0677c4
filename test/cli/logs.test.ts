import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApplicationFailure } from "@temporalio/common";
import { describe, expect, test } from "vitest";
import { keepFor } from "../../activities/drone/logKeep.ts";
import { LogStreams } from "../../activities/drone/logStream.ts";
import { until } from "../../bench/noop/swarm.ts";
import { buildLogPath } from "../../portage/buildLog.ts";
import { swarm, temporaryDirectory } from "./command.ts";
import { binhost, bring, failing, keyOf, MIB, swarmOf } from "./loggedSwarm.ts";

const RUN = "desktop-20261121-0101";

test("a log on another machine is followed over HTTP within 2 s, to its end", async () => {
  const written = Promise.withResolvers<void>();
  const it = await swarmOf(async ({ cpv }) => (cpv === "dev-libs/a-1" ? written.promise : undefined), ["izar"]);
  // As on that machine: a log that grows there, and what brings it.
  const file = join(await temporaryDirectory(), "a-1.1.log");
  const streams = new LogStreams(it.client.logs, { log: () => {}, keep: keepFor(2 ** 24) });
  const { run } = JSON.parse((await it.command("run-update", "--detach", "--json")).stdout);
  await until("the build", async () => (await it.noop.view()).drones[0]?.building.length);
  const following = it.start("logs", "-f", "dev-libs/a");
  let text = "";
  following.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await sleep(300);
  await writeFile(file, "first\n");
  streams.follow(file, { key: { run, cpv: "dev-libs/a-1", attempt: 1 }, begun: 1 });
  await until("the first line", async () => text === "first\n");
  const delays: number[] = [];
  for (const line of ["two\n", "three\n", "four\n", "five\n"]) {
    await sleep(170 * delays.length);
    await appendFile(file, line);
    const at = performance.now();
    await until("the line", async () => text.endsWith(line), { every: 10 });
    delays.push(performance.now() - at);
  }
  expect(Math.max(...delays)).toBeLessThan(2000);
  await appendFile(file, "last\n");
  streams.end(file);
  written.resolve();
  const { exitCode, stdout, stderr } = await following;
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: "first\ntwo\nthree\nfour\nfive\nlast",
    stderr: "",
  });
});

describe("a run with failures", () => {
  test("its failed attempts are listed and found by phase, each log by its attempt", async () => {
    const failures = [failing("configure", "configure: error: no libfoo"), failing("compile", "a.c:1: error: x")];
    const it = await swarmOf(async (order) => {
      if (order.cpv !== "dev-libs/a-1") return;
      const failure = failures[order.attempt - 1] ?? failing("test", "FAIL: more");
      await bring(it.client, keyOf(order), `log of attempt ${order.attempt}\n`, failure);
      throw ApplicationFailure.create({
        message: failure.message,
        type: failure.class,
        nonRetryable: true,
        details: [failure],
      });
    });
    const update = await it.command("run-update");
    // At once, where the run is followed, and in the status that it ends with.
    expect(update.stdout.match(/ {2}> │ a\.c:1: error: x/g)?.length).toBeGreaterThanOrEqual(2);
    expect((await it.command("why", "a")).stdout).toContain("  > │ configure: error: no libfoo");

    const listed = await it.command("logs", "--failed");
    expect(listed.exitCode).toBe(0);
    expect(listed.stdout).toMatch(
      /^═══ FAILED IN desktop-\S+ ═══\n✗ dev-libs\/a-1, attempt 2 \((izar|tarn), compile phase\)\n {4}│ before\n {2}> │ a\.c:1: error: x\n {4}│ after\n✗ dev-libs\/a-1, attempt 1 .*configure phase\)\n.*\n.*no libfoo\n.*\n2 failed attempts\. {2}→ Look: swarm logs dev-libs\/a-1 --attempt 2$/,
    );
    const json = JSON.parse((await it.command("logs", "--failed", "--phase", "configure", "--json")).stdout);
    expect(json.attempts).toEqual([
      expect.objectContaining({
        cpv: "dev-libs/a-1",
        attempt: 1,
        phase: "configure",
        errorLine: "configure: error: no libfoo",
        around: failures[0]?.around,
      }),
    ]);
    expect((await it.command("logs", "--failed", "--phase", "test")).stdout).toContain("No attempt failed.");

    expect((await it.command("logs", "a")).stdout).toBe("log of attempt 2");
    expect((await it.command("logs", "a", "--attempt", "1")).stdout).toBe("log of attempt 1");
    expect((await it.command("logs", "a", "--failed-phase", "configure")).stdout).toBe("log of attempt 1");
    expect(await it.command("logs", "a", "--attempt", "7")).toMatchObject({
      exitCode: 1,
      stderr: "swarm: dev-libs/a-1 has no attempt 7. Its attempts: 1 (configure), 2 (compile)",
    });
    expect((await it.command("logs", "a", "--failed-phase", "unpack")).stderr).toContain("Its attempts: 1 (configure)");
  });
});

describe("without an engine", () => {
  test("logs of any run that the binhost has; the cut is said", async () => {
    const { client, env } = await binhost();
    const key = { run: RUN, cpv: "dev-libs/a-1", attempt: 1 };
    await bring(client, key, `beginning\n${"x".repeat(3 * MIB)}\nend \xff\n`);
    const { exitCode, stdout } = await swarm(["logs", "a", "--run", RUN], env);
    expect(exitCode).toBe(0);
    expect(stdout.startsWith("beginning\n")).toBe(true);
    expect(stdout).toMatch(/\n\[build-swarm: 2,\d+,\d+ bytes are left out here: [^\n]+\]\n/);
    expect(stdout.endsWith("\nend \uFFFD")).toBe(true);
    const json = JSON.parse((await swarm(["logs", "a", "--run", RUN, "--json"], env)).stdout);
    expect(json).toMatchObject({ cpv: "dev-libs/a-1", attempt: 1, complete: true, cut: { from: MIB / 2 }, file: null });
    expect((await swarm(["logs", "b", "--run", RUN], env)).stderr).toContain("b is not among the packages");
    expect(await swarm(["logs", "a", "--run", "desktop-2"], env)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("the binhost has no logs of desktop-2"),
    });
  });

  test.each([
    [["logs"], "which package?"],
    [["logs", "a", "--failed"], "leave out a"],
    [["logs", "a", "--attempt", "0"], '--attempt must be a number from 1 on, not "0"'],
    [["logs", "a", "--phase", "compile"], "--phase goes with --failed"],
    [["logs", "--failed", "-f"], "--failed lists attempts"],
    [["logs", "a", "--run", "../x"], '"../x" is not a run\'s id'],
  ])("%j is used wrongly", async (args, message) => {
    expect(await swarm(args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
  });
});

test("a binhost that does not answer: the drone's own log on this machine, else the lines of the failure", async () => {
  const failure = failing("compile", "a.c:1: error: x");
  const it = await swarmOf(
    async ({ cpv }) => {
      if (cpv !== "dev-libs/a-1") return;
      throw ApplicationFailure.create({
        message: failure.message,
        type: failure.class,
        nonRetryable: true,
        details: [failure],
      });
    },
    ["izar"],
  );
  const { run } = JSON.parse((await it.command("run-update", "--detach", "--json")).stdout);
  await until("the gate", async () => (await it.noop.view()).step === "gate");
  expect(await it.command("logs", "a")).toMatchObject({
    exitCode: 0,
    stdout: "before\na.c:1: error: x\nafter",
    stderr: expect.stringMatching(/^The binhost has no log of dev-libs\/a-1, attempt 1: it is on izar/),
  });
  const file = buildLogPath(join(it.directory, "drones/izar"), run, "dev-libs/a-1", 1);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, "the whole log\n");
  expect(await it.command("logs", "a")).toMatchObject({ exitCode: 0, stdout: "the whole log", stderr: "" });
  it.server.server.closeAllConnections();
  await it.server.close();
  expect(await it.command("logs", "a")).toMatchObject({
    exitCode: 0,
    stdout: "the whole log",
    stderr: expect.stringMatching(/^binhost http.*Looking for the drone's own log on this machine\.$/),
  });
});
