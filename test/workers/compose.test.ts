import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { findMarkedProcesses } from "../../system/markedProcesses.ts";
import { isAlive } from "../../system/processIdentity.ts";
import { type ComposeEvent, listSwarm, stopSwarm } from "../../workers/compose.ts";
import { RECORD_VARIABLE, readRecords, recordPath, recordsDir } from "../../workers/roleRecords.ts";
import { startCommand, type TestSwarm, testSwarm } from "../support/command.ts";

const NO_DRONES = "[up]\norchestrators = 1\ndrones = []";

/** Pids of everything that `up` started for this swarm and that lives. */
function marked({ stateDir }: TestSwarm): number[] {
  return findMarkedProcesses(RECORD_VARIABLE, recordsDir(stateDir)).map(({ identity }) => identity.pid);
}

async function pidOf(swarm: TestSwarm, role: string): Promise<number> {
  const found = (await listSwarm(swarm.stateDir)).find((each) => each.role === role);
  if (found?.state !== "ready") throw new Error(`${role} is ${found?.state ?? "not there"}`);
  return found.pid;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${condition}`);
    await delay(20);
  }
}

test("up starts every role, a second up only what is missing, down stops all", async () => {
  const swarm = await testSwarm(NO_DRONES);
  const first = await swarm.run("up", "--json");
  expect(first.code, first.stderr).toBe(0);
  const answer = JSON.parse(first.stdout);
  expect(answer.binhost).toBe(`http://127.0.0.1:${swarm.binhostPort}`);
  expect(answer.webUi).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(answer.roles).toMatchObject([
    { role: "binhost", state: "ready" },
    { role: "gateway", state: "ready" },
    { role: "orchestrator-1", state: "ready" },
  ]);
  expect((await stat(`${swarm.stateDir}/token`)).mode & 0o777).toBe(0o600);
  const token = await readFile(`${swarm.stateDir}/token`, "utf8");
  expect(token).toMatch(/^[\w-]{43}\n$/);

  const [binhost, orchestrator] = [await pidOf(swarm, "binhost"), await pidOf(swarm, "orchestrator-1")];
  process.kill(orchestrator, "SIGKILL");
  await until(async () => (await listSwarm(swarm.stateDir)).some((each) => each.state === "dead"));
  const second = await swarm.run("up");
  expect(second.code, second.stderr).toBe(0);
  expect(await pidOf(swarm, "binhost")).toBe(binhost);
  expect(await pidOf(swarm, "orchestrator-1")).not.toBe(orchestrator);
  expect(second.stderr).toMatch(/binhost +already running/);
  expect(second.stderr).toMatch(/orchestrator-1 +ready/);
  expect(await readFile(`${swarm.stateDir}/token`, "utf8")).toBe(token);

  const down = await swarm.run("down");
  expect(down.code, down.stderr).toBe(0);
  expect(marked(swarm)).toEqual([]);
  expect((await swarm.run("down")).stdout).toBe("Nothing of this swarm runs here.");
});

test("a role that cannot start: up fails with the end of its log, and the others stay", async () => {
  const swarm = await testSwarm(NO_DRONES);
  const other = createServer().listen(swarm.binhostPort, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => {
    other.close();
  });
  const up = await swarm.run("up");
  expect(up.code).toBe(1);
  expect(up.stderr).toContain("binhost: ended while it started");
  expect(up.stderr).toContain(`port ${swarm.binhostPort} on 127.0.0.1 is in use`);
  expect(up.stderr).toContain("swarm down");
  expect(await pidOf(swarm, "orchestrator-1")).toBeGreaterThan(0);
});

test("one role cannot start while others wait for an engine that is not there: up does not wait for them", async () => {
  const swarm = await testSwarm(NO_DRONES);
  const other = createServer().listen(swarm.binhostPort, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => {
    other.close();
  });
  const began = Date.now();
  const up = await startCommand(["--config", swarm.config, "up"], { TEMPORAL_ADDRESS: "127.0.0.1:9" });
  expect(up.exitCode).toBe(1);
  expect(up.stderr).toContain("is in use");
  // A role that is not ready is waited for five minutes.
  expect(Date.now() - began).toBeLessThan(100_000);
});

test("up is killed in the middle: down stops what it had started", async () => {
  const swarm = await testSwarm("[up]\norchestrators = 3\ndrones = []");
  const up = startCommand(["--config", swarm.config, "up"]);
  await until(() => marked(swarm).length >= 2);
  up.kill("SIGKILL");
  await up;
  expect(marked(swarm)).not.toEqual([]);
  const down = await swarm.run("down");
  expect(down.code, down.stderr).toBe(0);
  expect(marked(swarm)).toEqual([]);
  expect(await readdir(recordsDir(swarm.stateDir))).toEqual(["lock"]);
});

test("a role without a record and one that does not react to SIGTERM are stopped", async () => {
  const swarm = await testSwarm("[up]\norchestrators = 2\ndrones = []");
  const up = await swarm.run("up");
  expect(up.code, up.stderr).toBe(0);
  const roles = await readRecords(swarm.stateDir);
  await rm(recordPath(swarm.stateDir, "orchestrator-1"));
  process.kill(await pidOf(swarm, "orchestrator-2"), "SIGSTOP");
  const { config } = await loadConfig({ path: swarm.config, env: {}, cwd: "/" });
  const events: ComposeEvent[] = [];
  await stopSwarm({ config, engine: null, onEvent: (event) => events.push(event), graceMs: 2_000 });
  const end = (role: string) => events.findLast((event) => event.role === role)?.state;
  expect([end("orchestrator-1"), end("orchestrator-2"), end("binhost")]).toEqual(["stopped", "killed", "stopped"]);
  expect(roles).toHaveLength(4);
  expect(roles.filter((role) => isAlive(role.identity))).toEqual([]);
});

test("records of others, and files that are none, are left alone", async () => {
  const swarm = await testSwarm(NO_DRONES);
  await mkdir(recordsDir(swarm.stateDir), { recursive: true });
  // This process, as if another program had taken the pid of a role that died: its start time tells.
  const record = { label: "binhost", identity: { pid: process.pid, startTime: "1", bootId: "x" }, startedAt: "" };
  await writeFile(recordPath(swarm.stateDir, "binhost"), JSON.stringify(record));
  await writeFile(recordPath(swarm.stateDir, "broken"), "{");
  expect(await listSwarm(swarm.stateDir)).toMatchObject([{ role: "binhost", state: "dead" }]);
  const down = await swarm.run("down");
  expect(down.code, down.stderr).toBe(0);
});
