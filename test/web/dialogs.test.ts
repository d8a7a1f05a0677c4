import type { Page } from "playwright-core";
import { test as base, expect } from "vitest";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { goTo, logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("a dialog stays while what it asked for is done, and where a selection ends beside it; what came of it is read out when it is gone, also the second time", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const resolve = await storedPlan(gateway.access, smallGraph());
  await putTarget(gateway.access);
  await swarm.addDrone({ name: "izar", slots: 4, build, resolve: () => resolve });
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "build");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, "about:blank");
  const { page, problems } = opened;

  // A token, and no answer yet.
  const first = await holdBack(page, "**/api/v1/live*");
  await page.addInitScript(`sessionStorage.setItem("swarm-token", ${JSON.stringify(gateway.tokens.operator)})`);
  await page.goto(`${gateway.url}/#/schedules`);
  await page.getByText("Not connected yet.", { exact: true }).first().waitFor();
  expect(await page.getByText("Your token is for viewing only.").count()).toBe(0);
  await first();
  await page.getByText("Live", { exact: true }).waitFor();

  await goTo(page, "overview");
  const dialog = page.getByRole("dialog", { name: "Pause desktop-1?" });
  await page.getByRole("button", { name: "Pause…" }).click();
  await dialog.waitFor();
  const { x = 0, y = 0 } = (await dialog.getByRole("heading").boundingBox()) ?? {};
  await page.mouse.move(x + 5, y + 5);
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  expect(await dialog.count()).toBe(1);

  const letGo = await holdBack(page, "**/pause");
  await listen(page);
  await dialog.getByRole("button", { name: "Pause", exact: true }).click();
  await dialog.getByText("It is being done").waitFor();
  for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
  await page.mouse.click(5, 5);
  await dialog.getByRole("button", { name: "Not now" }).click({ force: true });
  await dialog.getByRole("button", { name: "Close" }).click({ force: true });
  expect(await dialog.isVisible()).toBe(true);
  await letGo();
  await dialog.waitFor({ state: "detached" });
  await expect
    .poll(() => heard(page))
    .toContainEqual({ text: expect.stringContaining("desktop-1 is paused"), isIn: false });
  expect((await heard(page)).filter(({ isIn }) => isIn)).toEqual([]);

  // The run that is chosen is the present one: while the others are asked for it is there once.
  const runs = await holdBack(page, "**/api/v1/runs?*");
  await goTo(page, "timeline");
  expect(await page.getByRole("combobox", { name: /^Run/ }).getByRole("option").allTextContents()).toEqual([
    "desktop-1",
  ]);
  await runs();

  await goTo(page, "package/chain/link2-1");
  for (const times of [1, 2]) {
    await page.getByRole("button", { name: "Put first" }).click();
    await expect
      .poll(async () => (await heard(page)).filter(({ text }) => text.includes("goes first")).length)
      .toBe(times);
  }
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(page, gateway.tokens.viewer);
  await page.getByText("Your token is for viewing only.").first().waitFor();
  expect(problems).toEqual([]);
});

test("searches find names with capitals, say when nothing is like that, and tell that there is more than the page keeps", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({ name: "izar", slots: 4, resolve: () => resolve });
  const { logs } = await gateway.access.binhost();
  for (const cpv of ["dev-perl/Test-Deep-1", "wide/part0-1"]) {
    await logs.append({ run: "desktop-1", cpv, attempt: 1 }, { begun: 1, offset: 0, bytes: Buffer.from("ok\n") });
  }
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "gate");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/logs`);
  const { page, problems } = opened;
  await page.getByRole("link", { name: "wide/part0-1" }).first().waitFor();
  await page.getByRole("searchbox", { name: "Search in the logs' packages" }).fill("test-DEEP");
  await page.getByRole("link", { name: "dev-perl/Test-Deep-1" }).waitFor();
  await page.getByRole("link", { name: "wide/part0-1" }).waitFor({ state: "detached" });

  await goTo(page, "events");
  await page.getByText("Nobody watches for alerts").waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("no such word");
  await page.getByText("No event is like that.").waitFor();
  expect(await page.getByText(/of the last 5,000 events/).count()).toBe(0);
  // So many that a run of a test would take long to have them.
  const many = Array.from({ length: 12_000 }, (_, i) => ({
    ...{ id: `000.${String(i).padStart(6, "0")}`, at: i, kind: "run", text: `event ${i} of many` },
  }));
  await page.route("**/events?*", (route) => {
    const after = new URL(route.request().url()).searchParams.get("after");
    const from = after === null ? 7_000 : many.findIndex(({ id }) => id > after);
    return route.fulfill({ json: many.slice(from, from + 5_000) });
  });
  await page.reload();
  await page.getByText(/of the last 5,000 events of the run/).waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("event 17 of many");
  await page.getByText("No event is like that.").waitFor();
  await page.getByRole("button", { name: "Load all of them" }).click();
  await page.getByText("event 17 of many").waitFor();
  expect(await page.getByText(/of the last 5,000 events/).count()).toBe(0);
  expect(problems).toEqual([]);
});

/** Holds requests of such an address back until the answer is called. */
async function holdBack(page: Page, address: string): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  await page.route(address, async (route) => {
    waiting++;
    await promise;
    await route.continue();
  });
  return async () => {
    await expect.poll(() => waiting).toBeGreaterThan(0);
    resolve();
  };
}

interface Heard {
  text: string;
  /** A dialog was open: nobody hears what is said beside it. */
  isIn: boolean;
}

/** Keeps what the page says to screen readers outside of dialogs. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(`
    globalThis.heard = [];
    new MutationObserver((changes) => {
      if (!changes.some(({ type, addedNodes }) => type === "characterData" || addedNodes.length > 0)) return;
      const text = document.querySelector("p.visually-hidden[aria-live]").textContent;
      heard.push({ text, isIn: document.querySelector("dialog[open]") !== null });
    }).observe(document.querySelector("p.visually-hidden[aria-live]"), { childList: true, characterData: true, subtree: true });
  `);
}

async function heard(page: Page): Promise<Heard[]> {
  return await page.evaluate<Heard[]>("heard");
}
