import { test as base, expect } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { listSchedules } from "../../operations/schedules.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { goTo, logIn } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("a schedule is added, paused, resumed, started and removed on the page; before it is removed it asks; viewers only look", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/schedules`, { timezoneId: "Europe/Vienna" });
  const { page, problems } = opened;
  const dialog = page.getByRole("dialog");
  await page.getByText("There is none: runs begin when somebody starts them.").waitFor();
  const add = page.getByRole("button", { name: "Add a schedule…" });
  expect(await add.getAttribute("aria-disabled")).toBe("true");
  await logIn(page, gateway.tokens.operator);

  await add.click();
  expect(await dialog.getByLabel("Time zone").inputValue()).toBe("Europe/Vienna");
  await dialog.getByLabel("Name").fill("weekly");
  await dialog.getByLabel("Times", { exact: true }).fill("0 25 * * 6");
  await dialog.getByRole("button", { name: "Add" }).click();
  await dialog.getByRole("alert").filter({ hasText: "is no time that can be scheduled" }).waitFor();
  await dialog.getByLabel("Times", { exact: true }).fill("30 2 * * 6");
  await dialog.getByLabel("Publish by itself").check();
  await keepPicture(page, "schedule-new");
  await dialog.getByRole("button", { name: "Add" }).click();
  await dialog.waitFor({ state: "detached" });
  const card = page.getByRole("article", { name: "weekly" });
  await card.getByText("published by itself, unless something failed").waitFor();
  // Three times in the schedule's own zone, whose offset is another one in summer.
  expect(await card.getByText(/^Sat \d{4}-\d\d-\d\d 02:30 \+0[12]:00$/).count()).toBe(3);
  expect(await listSchedules(gateway.access)).toMatchObject([
    {
      name: "weekly",
      cron: "30 2 * * 6",
      timezone: "Europe/Vienna",
      catchUp: 3_600_000,
      order: { autoFinalize: true },
    },
  ]);

  await card.getByRole("button", { name: "Pause weekly" }).click();
  await dialog.getByLabel("Why").fill("the machines move");
  await dialog.getByRole("button", { name: "Pause" }).click();
  await card.getByText("a-operator: the machines move").waitFor();
  await card.getByText("None before it is resumed.").waitFor();
  await card.getByRole("button", { name: "Resume weekly" }).click();
  await card.getByRole("button", { name: "Pause weekly" }).waitFor();

  // The orchestrators of this swarm have no tree: what came of it is told, at once and as the last time.
  await card.getByRole("button", { name: "Start now: weekly" }).click();
  await dialog.getByRole("button", { name: "Start" }).click();
  await dialog.getByRole("alert").filter({ hasText: "weekly: failed" }).waitFor();
  await page.keyboard.press("Escape");
  await card.getByText("no [[tree]] is configured").waitFor();
  await keepPicture(page, "schedules");

  await card.getByRole("button", { name: "Remove weekly" }).click();
  await dialog.getByRole("button", { name: "Not now" }).click();
  expect(await listSchedules(gateway.access)).toHaveLength(1);
  await card.getByRole("button", { name: "Remove weekly" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await until("it is gone", async () => (await listSchedules(gateway.access)).length === 0);
  await goTo(page, "events");
  await goTo(page, "schedules");
  await page.getByText("There is none: runs begin when somebody starts them.").waitFor();
  expect(problems).toEqual([]);
});
