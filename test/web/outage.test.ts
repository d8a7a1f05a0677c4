import { test as base, expect, inject } from "vitest";
import { NoopSwarm } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import { loadConfig } from "../../config/load.ts";
import { startGateway } from "../../gateway/role.ts";
import { gatewayAt, gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("a gateway that goes away is said to be away, with the age of what is shown; the page recovers by itself", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const resolve = await storedPlan(gateway.access, smallGraph());
  await putTarget(gateway.access);
  await swarm.addDrone({ name: "izar", slots: 4, build, resolve: () => resolve });
  await swarm.run();
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url);
  const { page, problems } = opened;
  await page.getByText("0 of 6 packages").waitFor();

  const { directory, configFile } = gateway.access;
  const { config, ...loaded } = await loadConfig({ path: configFile, env: {}, cwd: directory });
  const port = Number(new URL(gateway.url).port);
  await gateway.gateway.close();
  await page.getByText("Offline", { exact: true }).waitFor();
  const told = page.locator("p[role=status][aria-live=polite]");
  await told.getByText("Offline: what is shown may be old.").waitFor({ state: "attached" });
  await page.getByText(/You see the state of \d\d:\d\d:\d\d, \d+s ago\./).waitFor();
  // What nobody can say now does not come nearer.
  await page.getByText(/ left, as it was at \d\d:\d\d:\d\d/).waitFor();
  await page.getByText("0 of 6 packages").waitFor();
  release();
  await reaches(swarm, "gate");
  gateway.gateway = await startGateway(
    { ...loaded, config: { ...config, gateway: { ...config.gateway, port } } },
    () => {},
  );
  await page.getByText("All builds complete!").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await told.getByText("What is shown is live again.").waitFor({ state: "attached" });
  expect(await page.getByText("You see the state of").count()).toBe(0);
  expect(problems).toEqual([]);
});

test("an engine that goes away is said to be away; the last state stays, with its age; the page recovers by itself", async () => {
  await withEngine(async ({ address, kill, restart }) => {
    const { build, release } = held();
    const plan = smallGraph();
    await using swarm = await NoopSwarm.start({
      ...{ address, bundle: inject("workflowBundle"), plan },
      drones: [{ name: "izar", slots: 4, build }],
    });
    await using gateway = await gatewayAt({ address, namespace: swarm.namespace }, swarm, "anonymous = true\n");
    await putTarget(gateway.access);
    await swarm.run();
    await using browser = await launch(path ?? "");
    await using opened = await openPage(browser, gateway.url);
    const { page, problems } = opened;
    await page.getByText("0 of 6 packages").waitFor();

    await kill();
    await page.getByText(/^The engine does not answer.*You see the state of \d\d:\d\d:\d\d, \d+s ago/).waitFor();
    await page.getByText("0 of 6 packages").waitFor();
    await page.getByText("swarm up", { exact: true }).waitFor();
    await keepPicture(page, "engine-away");
    await restart();
    release();
    await page.getByText("All builds complete!").waitFor({ timeout: 90_000 });
    expect(await page.getByText("You see the state of").count()).toBe(0);
    expect(problems).toEqual([]);
  });
}, 240_000);
