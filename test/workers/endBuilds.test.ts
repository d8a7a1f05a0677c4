import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { attemptOf, recordOrder } from "../../activities/drone/attempt.ts";
import { droneConfig } from "../../config/drones.ts";
import { loadConfig } from "../../config/load.ts";
import type { BuildOrder } from "../../model/build.ts";
import { processesIn } from "../../system/processes.ts";
import { identify, isAlive, signalGroup } from "../../system/processIdentity.ts";
import { endBuilds } from "../../workers/endBuilds.ts";
import { testDirectory } from "../support/portage.ts";

const order: BuildOrder = {
  run: "desktop-20261121-0101",
  target: "desktop",
  plan: "",
  tree: "",
  bundle: "",
  index: 0,
  cpv: "app-misc/hello-1.0",
  attempt: 1,
  jobs: 1,
  nice: 0,
  noOutputSeconds: 60,
};

test("a build that its drone left behind is ended with its children; its root goes, its order stays", async () => {
  const directory = await testDirectory();
  const file = join(directory, "swarm.toml");
  await writeFile(file, '[swarm]\nstate_dir = "state"\n[drones.izar]\ncores = 2\n');
  const { config } = await loadConfig({ path: file, env: {}, cwd: "/" });
  const attempt = attemptOf(droneConfig(config, "izar"), order);
  await mkdir(attempt.root, { recursive: true });
  await mkdir(attempt.directory, { recursive: true });
  await recordOrder(attempt);
  const build = spawn("bash", ["-c", "sleep 600 & sleep 600; true"], {
    cwd: attempt.root,
    detached: true,
    stdio: "ignore",
  });
  onTestFinished(() => {
    signalGroup(build.pid ?? 0, "SIGKILL");
  });
  const supervisor = identify(build.pid ?? 0);
  if (supervisor === null) throw new Error("the build did not start");
  await writeFile(join(attempt.directory, "supervisor.json"), JSON.stringify(supervisor));

  expect(await endBuilds(config, "izar")).toBe(1);
  expect(isAlive(supervisor)).toBe(false);
  expect(processesIn([attempt.root])).toEqual([]);
  expect([existsSync(attempt.root), existsSync(join(attempt.directory, "order.json"))]).toEqual([false, true]);
  expect(await endBuilds(config, "izar")).toBe(0);
});
