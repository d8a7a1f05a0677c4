import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, inject, onTestFinished, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import type { AlertsView, Notice } from "../../model/alerts.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { ALERTS_ID, alertsQuery, FLEET_ID } from "../../workflows/messages.ts";
import { configFile, temporaryDirectory } from "../cli/command.ts";
import { commandEnv } from "../support/command.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { receiver } from "../support/receiver.ts";

const TOKEN = "t".repeat(32);

test("the orchestrator is killed while it sends: another one sends that message, with the same key; then the other watches", async () => {
  const hook = await receiver();
  const directory = await temporaryDirectory();
  const file = await configFile(
    [
      `[swarm]\nstate_dir = "${directory}"\n[binhost]\ndir = "${directory}/none"`,
      "[metrics]\nport = 0\n[alerts]\nlow_disk_gib = 1_000_000",
      `[[alerts.channel]]\nname = "hook"\nkind = "webhook"\nurl = "${hook.url}"\n`,
    ].join("\n"),
  );
  await writeFile(`${directory}/token`, TOKEN);
  const swarm = await noopSwarm({ token: TOKEN });
  onTestFinished(() => swarm.stop());
  const { namespace } = swarm;
  const start = () => {
    const child = execa(process.execPath, [join(packageRoot(), "dist/cli/main.js"), "orchestrator"], {
      env: {
        ...commandEnv(),
        ...{ SWARM_CONFIG: file, TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: namespace },
      },
      ...{ extendEnv: false, reject: false, stdin: "ignore", all: true, cwd: directory },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };

  const first = start();
  // The message is on its way, and neither side knows whether it has arrived.
  hook.answer = async () => {
    first.kill("SIGKILL");
    return null;
  };
  const drone = await swarm.addDrone({ name: "izar" });
  const { signal } = await first;
  expect(signal).toBe("SIGKILL");
  expect(hook.received).toHaveLength(1);

  hook.answer = async () => ({ status: 200 });
  const second = start();
  await until("the message comes", async () => hook.received.length === 2, { ms: 90_000 });
  const [one, other] = hook.received.map(({ headers, body }) => ({
    key: headers["idempotency-key"],
    notice: JSON.parse(body) as Notice,
  }));
  expect(other).toEqual(one);
  expect(other?.notice).toMatchObject({ kind: "fired", severity: "critical", title: "drone izar is low on disk" });
  const view = (): Promise<AlertsView> => swarm.client.workflow.getHandle(ALERTS_ID).query(alertsQuery);
  await until("it is known to have arrived", async () => (await view()).channels[0]?.lastSuccess);
  expect((await view()).active).toHaveLength(1);

  // What it watches it has from the first one: it sees the next change.
  await drone.stop();
  await swarm.client.workflow
    .getHandle(FLEET_ID)
    .executeUpdate("forgetDrone", { args: [{ by: "ann", drone: "izar" }] });
  await until("that it is over", async () => hook.received.length === 3, { ms: 60_000 });
  expect(JSON.parse(hook.received[2]?.body ?? "")).toMatchObject({ kind: "recovered" });

  // It stops at once, though it watches.
  const asked = Date.now();
  second.kill("SIGTERM");
  await second;
  expect(Date.now() - asked).toBeLessThan(9_000);
}, 240_000);
