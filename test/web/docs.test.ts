import { test as base, expect } from "vitest";
import { gatewayOf } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("the API's description is drawn, and tried, with nothing that its policy refuses", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/docs/`);
  const { page, problems } = opened;
  await page.getByRole("heading", { name: /Build Swarm/ }).waitFor();
  await page.getByRole("button", { name: /The overall status and the run/ }).click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await page.locator(".live-responses-table").getByText('"status": "idle"').waitFor();
  await keepPicture(page, "docs");
  expect(problems).toEqual([]);
});
