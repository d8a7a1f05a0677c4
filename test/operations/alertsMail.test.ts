import { expect, onTestFinished, test } from "vitest";
import { wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { QUEUES } from "../../model/activities.ts";
import { ALERTS_ID, alertsQuery, testAlertsUpdate } from "../../workflows/messages.ts";
import { configFile, temporaryDirectory } from "../cli/command.ts";
import { mailServer } from "../support/mailServer.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

/** A swarm whose alerts go to three people by a mail server that refuses some of them. */
async function mailedSwarm(refusals: Map<string, number>) {
  const server = await mailServer({
    ...{ authOptional: true, disabledCommands: ["STARTTLS"] },
    onRcptTo: ({ address }, _session, done) => {
      const responseCode = refusals.get(address);
      done(responseCode ? Object.assign(new Error("refused"), { responseCode }) : null);
    },
  });
  const file = await configFile(`[alerts]
low_disk_gib = 0
[[alerts.channel]]
name = "mail"
kind = "email"
smtp_host = "127.0.0.1"
smtp_port = ${server.port}
smtp_tls = "none"
from = "swarm@example.org"
to = ["ann@example.org", "bob@example.org", "eve@example.org"]
`);
  const { config } = await loadConfig({ path: file, env: {}, cwd: await temporaryDirectory() });
  const swarm = await noopSwarm({ plan: wide(2), drones: [{ name: "izar" }], config });
  onTestFinished(() => swarm.stop());
  const alerts = await swarm.client.workflow.start("alerts", {
    workflowId: ALERTS_ID,
    taskQueue: QUEUES.orchestrator,
  });
  const channel = async () => (await alerts.query(alertsQuery)).channels[0];
  const told = (address: string): number => server.receivers.filter((to) => to.includes(address)).length;
  return { swarm, alerts, channel, told };
}

test("an address that is refused for now hears of an alert later, the others once; one that is refused for good is told as the channel's trouble", async () => {
  const refusals = new Map([
    ["bob@example.org", 450],
    ["eve@example.org", 550],
  ]);
  const { swarm, channel, told } = await mailedSwarm(refusals);
  await swarm.run();
  await until("the first try", async () => told("ann@example.org") === 1);
  refusals.delete("bob@example.org");
  await until("it was sent as far as it can be", async () => (await channel())?.lastSuccess);
  expect([told("ann@example.org"), told("bob@example.org"), told("eve@example.org")]).toEqual([1, 1, 0]);
  expect((await channel())?.lastError?.text).toMatch(/refuses it for eve@example\.org \(550 .*\); the others have it$/);
});

test("a test of the channel is no success where somebody is refused", async () => {
  const { alerts } = await mailedSwarm(new Map([["bob@example.org", 450]]));
  const answers = await alerts.executeUpdate(testAlertsUpdate, { args: [{ by: "ann", channel: null }] });
  expect(answers).toEqual([
    { channel: "mail", ok: false, answer: expect.stringMatching(/refuses it for bob@example\.org \(450 /) },
  ]);
});
