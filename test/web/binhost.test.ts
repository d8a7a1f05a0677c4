import { test as base, expect } from "vitest";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { fillBinhost, goTo, logIn } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("snapshots: contents, what changed, and a roll back that asks first; history: a package over time, rates of drones", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  await fillBinhost(gateway.access);
  const [newer, older] = await gateway.access.store.snapshots("desktop");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/snapshots`);
  const { page, problems } = opened;
  await logIn(page, gateway.tokens.operator);

  const current = () =>
    page
      .getByRole("row", { name: /current/ })
      .getByRole("link")
      .first()
      .textContent();
  await expect.poll(current, { timeout: 15_000 }).toBe(newer?.id);
  await page.getByRole("link", { name: `What changed in ${newer?.id}` }).click();
  await page.getByText("chain/link0: 0.9 → 1").waitFor();
  await page.getByRole("link", { name: older?.id ?? "", exact: true }).click();
  await page.getByRole("cell", { name: "wide/old-1" }).waitFor();
  await page.getByRole("searchbox").fill("link0");
  await page.getByRole("cell", { name: "wide/old-1" }).waitFor({ state: "detached" });

  await page.getByRole("button", { name: `Roll back to ${older?.id}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Not now" }).click();
  expect(await current()).toBe(newer?.id);
  await page.getByRole("button", { name: `Roll back to ${older?.id}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await expect.poll(current, { timeout: 15_000 }).toBe(older?.id);
  expect((await gateway.access.store.snapshot("desktop", "current"))?.id).toBe(older?.id);

  await goTo(page, "history");
  await page.getByRole("row", { name: /tarn/ }).getByText("100.0 % of 1").waitFor();
  await page.getByRole("link", { name: "chain/link0" }).click();
  await page.getByRole("img", { name: /Durations of 13 attempts; the longest took 6m/ }).waitFor();
  expect(await page.locator(".history-chart .cross").count()).toBe(1);
  await keepPicture(page, "history-of-a-package");
  expect(problems).toEqual([]);
});
