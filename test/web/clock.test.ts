import type { Page } from "playwright-core";
import { test as base, expect } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { startGateway } from "../../gateway/role.ts";
import { QUEUES } from "../../model/activities.ts";
import { readAlerts } from "../../operations/alerts.ts";
import { freePort } from "../../system/ports.ts";
import { ALERTS_ID } from "../../workflows/messages.ts";
import { configFile, temporaryDirectory } from "../cli/command.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, launch, openPage } from "../support/browser.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { receiver } from "../support/receiver.ts";
import { goTo, logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("an alert that begins while nothing of the run changes is shown soon; the channels are tried by operators", async () => {
  const hook = await receiver();
  const directory = await temporaryDirectory();
  const file = await configFile(
    `[swarm]\nstate_dir = "${directory}"\n[[alerts.channel]]\nname = "hook"\nkind = "webhook"\nurl = "${hook.url}"\n`,
  );
  const { config } = await loadConfig({ path: file, env: {}, cwd: directory });
  await using swarm = await noopSwarm({ drones: [], config });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({ name: "izar", slots: 4, resolve: () => resolve });
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "gate");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, "about:blank");
  const { page, problems } = opened;
  // Far from the end of a minute, when the page asks anew by itself.
  await page.clock.install({ time: "2026-11-21T12:00:02Z" });
  await page.goto(`${gateway.url}/#/events`);
  await page.getByText("Nobody watches for alerts: no channel is configured").waitFor();
  expect(await page.getByText("Nothing to worry about.").count()).toBe(0);

  await swarm.client.workflow.start("alerts", { workflowId: ALERTS_ID, taskQueue: QUEUES.orchestrator });
  await until("the alert", async () => (await readAlerts(gateway.access))?.active.length === 1);
  await page.getByText("desktop-1 waits for finalize").waitFor({ timeout: 20_000 });

  const button = page.getByRole("button", { name: "Send a test message" });
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  await logIn(page, gateway.tokens.operator);
  await goTo(page, "events");
  await button.click();
  await page
    .getByText(/^✓ hook: /)
    .first()
    .waitFor();
  expect(hook.received.filter(({ body }) => JSON.parse(body).kind === "test")).toHaveLength(1);
  expect(problems).toEqual([]);
});

test("after a good connection a lost one is tried again soon, however often it was tried before; after a short one it is not", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const { directory, configFile: file } = gateway.access;
  const { config, ...loaded } = await loadConfig({ path: file, env: {}, cwd: directory });
  // One that nobody gets by chance while it is not listened on.
  const port = await freePort("127.0.0.1");
  const again = async () => {
    const known = {
      ...loaded,
      config: { ...config, gateway: { ...config.gateway, port, url: `http://127.0.0.1:${port}` } },
    };
    gateway.gateway = await startGateway(known, () => {});
  };
  await gateway.gateway.close();
  await again();
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, "about:blank");
  const { page } = opened;
  await page.clock.install();
  await page.goto(gateway.url);
  const live = page.getByText("Live", { exact: true });
  await live.waitFor();
  // From now on it passes only where the test lets it: it is a good connection, and the gateway has not been silent for long.
  await page.clock.pauseAt(Number(await page.evaluate("Date.now()")) + 20_000);
  const cut = async (): Promise<number> => {
    await gateway.gateway.close();
    await page.getByText("Offline").waitFor();
    return await waitOf(page);
  };
  const restore = async (): Promise<void> => {
    await again();
    await page.getByRole("button", { name: "Try now" }).click();
    await live.waitFor();
  };

  expect(await cut()).toBeLessThan(2);
  // Each time it waits longer.
  await until("it waits long", async () => {
    await page.clock.runFor(1_000);
    return (await waitOf(page)) > 10;
  });
  await restore();
  expect(await cut()).toBeGreaterThan(10);
  await restore();
  await page.clock.runFor(5_100);
  expect(await cut()).toBeLessThan(2);
  await again();
}, 120_000);

/** Seconds until the page tries again, as it says; 0: now. */
async function waitOf(page: Page): Promise<number> {
  const text = await page.getByText(/Trying again/).textContent();
  return Number(/Trying again in (\d+)s/.exec(text ?? "")?.[1] ?? 0);
}
