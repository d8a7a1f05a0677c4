import { test as base, expect } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { until } from "../../bench/noop/swarm.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { Builds, held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { goTo, logIn, smallGraph, stageAll, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);
/** How long what is awaited may take on a busy machine. */
const SOON = { timeout: 15_000 };

test("a run is watched live from its first build to the gate, and finalized with an operator's token only", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const resolve = await storedPlan(gateway.access, smallGraph());
  await putTarget(gateway.access);
  await swarm.addDrone({ name: "izar", slots: 4, build: builds.build, resolve: () => resolve });
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url);
  const { page, problems } = opened;
  await page.getByText("Nothing runs.").waitFor();

  await swarm.run();
  await page.getByRole("heading", { level: 1, name: /^desktop-/ }).waitFor();
  await until("builds began", async () => builds.started.length > 0);
  await page.getByRole("heading", { name: /Building now/ }).waitFor();
  const progress = page.getByRole("progressbar", { name: "Packages built" });
  await expect.poll(() => progress.getAttribute("aria-valuetext"), SOON).toBe("0 of 6 packages");
  await keepPicture(page, "run-live");
  release();
  await reaches(swarm, "gate");
  const reached = Date.now();
  await expect.poll(() => progress.getAttribute("aria-valuetext"), SOON).toBe("6 of 6 packages");
  await page.getByText("All builds complete!").waitFor();
  // Loose: that it is within two seconds is measured in the bench.
  expect(Date.now() - reached).toBeLessThan(15_000);

  const finalize = page.getByRole("button", { name: "Finalize…" });
  expect(await finalize.getAttribute("aria-disabled")).toBe("true");
  await page.getByText("Log in with an operator's token to do this.").last().waitFor();
  const refused = await page.evaluate(() =>
    fetch("api/v1/runs/desktop/finalize", { method: "POST" }).then((r) => r.status),
  );
  expect(refused).toBe(401);

  // Where it is off it leads to the log-in.
  await finalize.click({ force: true });
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Token").fill("no such token");
  await dialog.getByRole("button", { name: "Log in" }).click();
  await dialog.getByRole("alert").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await logIn(page, gateway.tokens.viewer);
  await page.getByText("Your token is for viewing only.").last().waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(page, gateway.tokens.operator);

  await expect.poll(() => finalize.getAttribute("aria-disabled"), SOON).toBe("false");
  await finalize.click();
  await page.getByRole("heading", { name: "It cannot be published" }).waitFor();
  await dialog.getByText(/does not have/).waitFor();
  await page.keyboard.press("Escape");
  await stageAll(gateway.access, (await swarm.view()).run, smallGraph());
  // What was told a moment ago is told to all who ask.
  await until("the preview is made anew", async () => {
    await finalize.click();
    const added = dialog.getByText(/6 new packages and 0 changed ones/);
    const isNew = await added.waitFor({ timeout: 1_000 }).then(
      () => true,
      () => false,
    );
    if (!isNew) await page.keyboard.press("Escape");
    return isNew;
  });
  await keepPicture(page, "finalize");
  expect(swarm.binhost.published).toEqual([]);
  await dialog.getByRole("button", { name: "Publish" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page
    .getByText(/^Published as .*6 packages/)
    .first()
    .waitFor();
  expect(swarm.binhost.published).toHaveLength(1);

  const past = (await swarm.view()).run;
  await swarm.run();
  await page.getByRole("heading", { level: 1, name: past }).waitFor({ state: "detached" });
  await goTo(page, "timeline");
  await page.getByRole("combobox", { name: /^Run/ }).selectOption(past);
  await page.getByRole("application", { name: "Timeline of 6 builds on 1 drone" }).waitFor();
  await expect.poll(() => new URL(page.url()).hash, SOON).toBe(`#/timeline?run=${past}`);
  // A package's page is about the current run: of one before only the history tells.
  const longest = page.getByRole("region", { name: "Longest builds" }).getByRole("link");
  expect(await longest.first().getAttribute("href")).toMatch(/^#\/history\?package=/);
  expect(problems).toEqual([]);
});

test("what failed is found by a filter, shown, and tried again; a drone is paused; timeline and graph are walked through", async () => {
  const builds = new Builds(async ({ cpv }) => {
    if (cpv === "wide/part2-1") throw failed("package", "compile phase: undeclared_thing undeclared");
  });
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const resolve = await storedPlan(gateway.access, smallGraph());
  await putTarget(gateway.access);
  for (const name of ["izar", "tarn"]) {
    await swarm.addDrone({ name, slots: 4, build: builds.build, resolve: () => resolve });
  }
  await swarm.run();
  await reaches(swarm, "gate");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/packages`);
  const { page, problems } = opened;
  await logIn(page, gateway.tokens.operator);

  await page.getByRole("row").nth(6).waitFor();
  await page.getByRole("searchbox").fill("part2");
  await expect.poll(() => page.getByRole("row").count(), SOON).toBe(2);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: /blocked/ }).click();
  await expect.poll(() => page.getByRole("row").count(), SOON).toBe(2);
  await page.getByRole("link", { name: "wide/part2-1" }).click();
  await page.getByRole("heading", { level: 1, name: "wide/part2-1" }).waitFor();
  expect(await page.evaluate("document.activeElement?.tagName")).toBe("H1");
  await page.getByRole("heading", { name: "What failed" }).waitFor();
  expect(await page.getByText("undeclared_thing undeclared").count()).toBeGreaterThan(0);
  await keepPicture(page, "package-failed");
  builds.become(async () => {});
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("table", { name: "" }).getByText("done").first().waitFor();

  await goTo(page, "drones");
  const card = page.getByRole("article", { name: "izar" });
  await card.getByRole("button", { name: "Pause izar" }).click();
  const pause = page.getByRole("dialog", { name: "Pause izar?" });
  await pause.getByLabel("Why").fill("its disk is changed");
  await pause.getByRole("button", { name: "Pause", exact: true }).click();
  await card.getByText(/^paused by a-operator .*: its disk is changed$/).waitFor();
  expect((await swarm.fleet()).drones.find(({ facts }) => facts.name === "izar")?.paused).toBe(true);
  await card.getByRole("button", { name: "Resume izar" }).click();
  await card.getByText("online").waitFor();
  await goTo(page, "timeline");
  await page.getByRole("application", { name: /Timeline of \d+ builds on 2 drones/ }).focus();
  await page.keyboard.press("ArrowRight");
  await page
    .locator(".details")
    .getByText(/attempt 1/)
    .waitFor();
  await goTo(page, "graph?around=chain%2Flink1-1");
  await page.getByRole("heading", { name: "Needs 1" }).waitFor();
  await page.getByRole("link", { name: /link0-1/ }).click();
  await page.getByRole("heading", { name: /Needed by 2/ }).waitFor();
  expect(problems).toEqual([]);
});
