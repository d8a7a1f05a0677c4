import { once } from "node:events";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";
import { commandEnv, startCommand, testSwarm } from "../support/command.ts";

/** Resolves when the output so far has the text. */
async function untilSaid(child: { stdout: NodeJS.ReadableStream }, text: string): Promise<void> {
  let said = "";
  while (!said.includes(text)) {
    const [chunk] = await once(child.stdout, "data");
    said += String(chunk);
  }
}

test("the first signal stops a role in order, the second at once; both are said", async () => {
  const child = execa(process.execPath, [join(packageRoot(), "test/cli/stubbornRole.ts")], {
    env: commandEnv(),
    extendEnv: false,
    reject: false,
  });
  await untilSaid(child, "works");
  child.kill("SIGTERM");
  await untilSaid(child, "stops in order");
  child.kill("SIGINT");
  const { exitCode, stdout } = await child;
  expect(exitCode).toBe(1);
  expect(stdout).toContain("SIGTERM: stops in order");
  expect(stdout).toContain("SIGINT again: ends at once");
});

test("a role that waits for the engine says so, and a signal ends the wait without an error", async () => {
  const swarm = await testSwarm("[up]\norchestrators = 1\ndrones = []");
  // Makes the token, and leaves no engine behind.
  expect((await swarm.run("up")).code).toBe(0);
  expect((await swarm.run("down")).code).toBe(0);
  const orchestrator = startCommand(["--config", swarm.config, "orchestrator"], { TEMPORAL_ADDRESS: "127.0.0.1:9" });
  await untilSaid(orchestrator, "no Temporal server answers at 127.0.0.1:9");
  orchestrator.kill("SIGTERM");
  const { exitCode, stdout } = await orchestrator;
  expect(stdout).toContain("SIGTERM: stops in order");
  expect(exitCode).toBe(0);
});

test("a drone that the configuration does not have: the nearest name, exit code 2", async () => {
  const swarm = await testSwarm("[drones.izar]\ncores = 16\n[drones.tarn]\ncores = 14");
  const mistyped = await swarm.run("drone", "izra");
  expect(mistyped.code).toBe(2);
  expect(mistyped.stderr).toContain("unknown drone 'izra'. Did you mean 'izar'?");
  const none = await swarm.run("drone");
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("izar, tarn");
});

test("a role without a token says where it comes from", async () => {
  const swarm = await testSwarm();
  const { code, stderr } = await swarm.run("binhost");
  expect(code).toBe(1);
  expect(stderr).toContain(join(swarm.stateDir, "token"));
  expect(stderr).toContain("swarm up");
});

test("dev-server starts once, tells where it is, and stops", async () => {
  const swarm = await testSwarm();
  const before = await swarm.run("dev-server", "status");
  expect([before.code, before.stdout]).toEqual([1, "The dev server does not run. Start it: swarm dev-server start"]);
  const started = JSON.parse((await swarm.run("--json", "dev-server", "start")).stdout);
  const again = JSON.parse((await swarm.run("--json", "dev-server", "start")).stdout);
  expect(again).toEqual(started);
  const status = await swarm.run("dev-server", "status");
  expect(status.code).toBe(0);
  expect(status.stdout).toContain(started.address);
  expect((await swarm.run("dev-server", "stop")).stdout).toContain("stopped");
  expect((await swarm.run("dev-server", "stop")).stdout).toBe("it does not run");
});
