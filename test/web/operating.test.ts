import { test as base, expect } from "vitest";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { fillBinhost, goTo, logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("old snapshots are removed, the drones' trees compared and a run reset on the page, each that undoes something after a question", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const { store } = gateway.access;
  await putTarget(gateway.access);
  await fillBinhost(gateway.access);
  const [newer, older] = await store.snapshots("desktop");
  const resolve = await storedPlan(gateway.access, smallGraph());
  for (const name of ["izar", "tarn"]) await swarm.addDrone({ name, slots: 4, build, resolve: () => resolve });
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/snapshots`);
  const { page, problems } = opened;
  const dialog = page.getByRole("dialog");
  await logIn(page, gateway.tokens.operator);

  const remove = page.getByRole("button", { name: "Remove old ones…" });
  await remove.click();
  await dialog.getByRole("button", { name: "Not now" }).click();
  expect(await store.snapshots("desktop")).toHaveLength(2);
  await remove.click();
  await dialog.getByLabel("How many stay").fill("0");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("How many stay").fill("1");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await page.getByText(`Removed: ${older?.id}.`).first().waitFor();
  await page.getByRole("link", { name: older?.id ?? "", exact: true }).waitFor({ state: "detached" });
  expect((await store.snapshots("desktop")).map(({ id }) => id)).toEqual([newer?.id]);

  await goTo(page, "drones");
  await page.getByText("Each run compares the drones' trees by itself.").waitFor();
  await page.getByRole("button", { name: "Compare only" }).click();
  const trees = page.getByRole("region", { name: "Trees of the drones" });
  await trees.getByRole("row", { name: /izar.*yes/ }).waitFor();
  await trees.getByRole("row", { name: /tarn.*yes/ }).waitFor();

  await swarm.run();
  const { run } = await reaches(swarm, "build");
  await goTo(page, "overview");
  await page.getByRole("heading", { level: 1, name: run }).waitFor();
  await page.getByRole("button", { name: "Reset…" }).click();
  const reset = page.getByRole("dialog", { name: `Reset ${run}?` });
  await reset.getByRole("button", { name: "Not now" }).click();
  expect((await swarm.view()).endedAt).toBeNull();
  await page.getByRole("button", { name: "Reset…" }).click();
  await reset.getByRole("button", { name: "Reset" }).click();
  await page.getByText(`${run} is cancelled; nothing is left of it.`).first().waitFor();
  expect((await swarm.view()).step).toBe("cancelled");
  expect(problems).toEqual([]);
});
