import { expect, onTestFinished, test } from "vitest";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import type { SwarmConfig } from "../../config/schema.ts";
import { startAlerts } from "../../workers/alertsWorkflow.ts";
import { ALERTS_ID, alertsQuery } from "../../workflows/messages.ts";
import { configFile, temporaryDirectory } from "../cli/command.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const CHANNEL = '[[alerts.channel]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:1"\n';
const TIMES = { unwatchedMs: 2_000, patienceMs: 6_000 };

async function configOf(toml: string): Promise<SwarmConfig> {
  const cwd = await temporaryDirectory();
  return (await loadConfig({ path: await configFile(`[alerts]\nlow_disk_gib = 0\n${toml}`), env: {}, cwd })).config;
}

/** Swarms whose orchestrators have, or have not, a channel. */
async function swarmOf(toml: string): Promise<NoopSwarm> {
  const swarm = await noopSwarm({ config: await configOf(toml) });
  onTestFinished(() => swarm.stop());
  return swarm;
}

/** As an orchestrator does at its start. */
function starter({ client }: NoopSwarm) {
  const lines: string[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const context = { log: (line: string) => void lines.push(line), signal: stop.signal, ...TIMES };
  return { lines, start: async (toml: string) => startAlerts(client, await configOf(toml), context) };
}

test("where no orchestrator has a channel any more, the alerts end; where one has again, they are watched anew", async () => {
  const swarm = await swarmOf("");
  const { lines, start } = starter(swarm);
  const handle = swarm.client.workflow.getHandle(ALERTS_ID);
  const state = async () => (await handle.describe()).status.name;
  // As one with a channel has left it.
  await start(CHANNEL);
  expect(await state()).toBe("RUNNING");
  await start("");
  await until("they end", async () => (await state()) === "TERMINATED");
  await until("it is said", async () => lines.length === 1);
  expect(lines).toEqual(["alerts: no channel is configured any more: nothing is watched"]);
  await start(CHANNEL);
  expect(await state()).toBe("RUNNING");
});

test("one without a channel leaves the alerts to another that has one, and says what is wrong", async () => {
  const swarm = await swarmOf(CHANNEL);
  const { lines, start } = starter(swarm);
  const handle = swarm.client.workflow.getHandle(ALERTS_ID);
  await start(CHANNEL);
  await until("it watches", async () => (await handle.query(alertsQuery)).channels.length === 1);
  await start("");
  await until("it is said", async () => lines.length === 1, { ms: 30_000 });
  expect(lines[0]).toMatch(/another one watches: give all of them the same$/);
  expect((await handle.describe()).status.name).toBe("RUNNING");
});
